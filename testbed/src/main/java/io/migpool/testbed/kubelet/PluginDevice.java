package io.migpool.testbed.kubelet;

import io.migpool.contracts.kubelet.deviceplugin.Device;

/**
 * A device as a plugin announces it.
 *
 * @param id the plugin's opaque name
 * @param healthy whether it may be handed out
 * @param numaNode NUMA node, or -1 when the plugin gives no topology
 */
record PluginDevice(String id, boolean healthy, long numaNode) {

    static PluginDevice of(Device device) {
        var nodes = device.getTopology().getNodesList();
        var numaNode = nodes.isEmpty() ? -1 : nodes.getFirst().getID();
        return new PluginDevice(device.getID(), "Healthy".equals(device.getHealth()), numaNode);
    }

    PluginDevice unhealthy() {
        return new PluginDevice(id, false, numaNode);
    }
}
