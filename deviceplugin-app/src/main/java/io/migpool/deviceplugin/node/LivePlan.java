package io.migpool.deviceplugin.node;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import io.migpool.config.Subscription;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What is configured for this node's GPUs, read anew from settings that may change while the agent runs. */
public final class LivePlan {

    private final String nodeName;
    private final LiveSettings<DeviceSettings> devices;
    private final LiveSettings<NodeSettings> nodes;
    private final Supplier<Optional<Map<String, String>>> labels;
    private final LastSharing lastSharing;

    /** @param labels labels of our Node; empty while it has not been seen */
    public LivePlan(
            String nodeName,
            LiveSettings<DeviceSettings> devices,
            LiveSettings<NodeSettings> nodes,
            Supplier<Optional<Map<String, String>>> labels,
            LastSharing lastSharing) {
        this.nodeName = nodeName;
        this.devices = devices;
        this.nodes = nodes;
        this.labels = labels;
        this.lastSharing = lastSharing;
    }

    String nodeName() {
        return nodeName;
    }

    GpuPlan current() {
        return lastSharing.complete(GpuPlan.of(nodeName, labels.get(), nodes, devices));
    }

    /** Returns the count resource. */
    String countResource() {
        return devices.current().resources().count();
    }

    /** Calls the listener when the settings change or become known; it must be quick. */
    Subscription onChange(Runnable listener) {
        List<Subscription> subscriptions = List.of(
                devices.onChange(_ -> listener.run()),
                nodes.onChange(_ -> listener.run()),
                // Settings may become known without a change.
                devices.onStatus(_ -> listener.run()),
                nodes.onStatus(_ -> listener.run()));
        return () -> subscriptions.forEach(Subscription::close);
    }
}
