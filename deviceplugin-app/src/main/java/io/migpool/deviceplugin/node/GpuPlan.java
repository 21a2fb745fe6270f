package io.migpool.deviceplugin.node;

import io.migpool.config.DeviceSettings;
import io.migpool.config.FilterDevices;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeDefaults;
import io.migpool.config.NodeOverrides;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;

/**
 * What configuration wants of this node.
 *
 * @param mode how its GPUs are shared
 * @param filter GPUs that stay out of the pool
 * @param sharing how software-shared GPUs are offered
 * @param resourceName the count resource
 */
record GpuPlan(GpuMode mode, FilterDevices filter, NodeDefaults sharing, String resourceName) {

    static GpuPlan of(String nodeName, NodeSettings nodes, DeviceSettings devices) {
        NodeConfig node = nodes.forNode(nodeName).orElseGet(() -> NodeConfig.of(nodeName, GpuMode.HAMI_CORE));
        NodeOverrides overrides = node.overrides();
        return new GpuPlan(
                node.operatingMode(),
                node.filterDevices(),
                overrides.over(devices.nodeDefaults()),
                devices.resources().count());
    }
}
