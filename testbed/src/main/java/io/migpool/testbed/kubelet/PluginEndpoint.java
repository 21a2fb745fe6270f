package io.migpool.testbed.kubelet;

import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import java.util.List;
import java.util.Optional;

/**
 * What kubelet knows about the plugin of one resource.
 *
 * @param resource the resource's name
 * @param connection the live connection; empty once the plugin has gone or kubelet has restarted
 * @param options the plugin's options; empty between a restart of kubelet and the next registration
 * @param devices the devices last announced, unhealthy once the plugin has gone
 */
record PluginEndpoint(
        String resource,
        Optional<PluginConnection> connection,
        Optional<DevicePluginOptions> options,
        List<PluginDevice> devices) {

    PluginEndpoint {
        devices = List.copyOf(devices);
    }

    /**
     * Returns an endpoint for a resource known only from the checkpoint: it counts as a plugin's, but has no devices
     * until the plugin comes back.
     */
    static PluginEndpoint remembered(String resource) {
        return new PluginEndpoint(resource, Optional.empty(), Optional.empty(), List.of());
    }

    PluginEndpoint announcing(List<PluginDevice> announced) {
        return new PluginEndpoint(resource, connection, options, announced);
    }

    PluginEndpoint disconnected() {
        return new PluginEndpoint(
                resource,
                Optional.empty(),
                options,
                devices.stream().map(PluginDevice::unhealthy).toList());
    }

    List<String> healthyIds() {
        return devices.stream()
                .filter(PluginDevice::healthy)
                .map(PluginDevice::id)
                .toList();
    }

    boolean preStartRequired() {
        return options.map(DevicePluginOptions::getPreStartRequired).orElse(false);
    }

    boolean prefersItsOwnChoice() {
        return options.map(DevicePluginOptions::getGetPreferredAllocationAvailable)
                .orElse(false);
    }
}
