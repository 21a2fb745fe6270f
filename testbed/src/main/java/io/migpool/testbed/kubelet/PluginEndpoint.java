package io.migpool.testbed.kubelet;

import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What kubelet knows about the plugin of one resource.
 *
 * @param resource the resource's name
 * @param connection the live connection; empty once the plugin has gone or kubelet has restarted
 * @param stopped since when there is none; empty while there is one
 * @param options the plugin's options; empty between a restart of kubelet and the next registration
 * @param devices the devices last announced, unhealthy once the plugin has gone
 */
record PluginEndpoint(
        String resource,
        Optional<PluginConnection> connection,
        Optional<Instant> stopped,
        Optional<DevicePluginOptions> options,
        List<PluginDevice> devices) {

    PluginEndpoint {
        devices = List.copyOf(devices);
    }

    /**
     * Returns an endpoint for a resource known only from the checkpoint: it counts as a plugin's, but has no devices
     * until the plugin comes back.
     */
    static PluginEndpoint remembered(String resource, Instant now) {
        return new PluginEndpoint(resource, Optional.empty(), Optional.of(now), Optional.empty(), List.of());
    }

    PluginEndpoint registered(PluginConnection newConnection, DevicePluginOptions newOptions) {
        return new PluginEndpoint(
                resource, Optional.of(newConnection), Optional.empty(), Optional.of(newOptions), devices);
    }

    PluginEndpoint announcing(List<PluginDevice> announced) {
        return new PluginEndpoint(resource, connection, stopped, options, announced);
    }

    PluginEndpoint disconnected(Instant now) {
        return new PluginEndpoint(
                resource,
                Optional.empty(),
                Optional.of(now),
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
