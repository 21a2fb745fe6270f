package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.inject.NamedDeviceFiles;
import io.migpool.deviceplugin.inject.NamedDevices;
import io.migpool.deviceplugin.inject.VisibleDevice;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.kubelet.DeviceSupply;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.deviceplugin.kubelet.OfferedDevice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.ResourceRegistrations;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.runtime.time.Loop;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** One kubelet plugin per resource of label-driven GPUs; it lives as long as the resource has devices. */
public final class ResourcePlugins implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ResourcePlugins.class.getName());
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(2);

    private final UnixSockets sockets;
    private final Path directory;
    private final ResourceRegistrations registrations;
    private final LabelDrivenDevices devices;
    private final InjectSettings inject;
    private final NamedDeviceFiles files;
    private final Map<String, Served> plugins = new ConcurrentSkipListMap<>();
    private final Loop loop = Loop.ofDriverCalls("label-driven-devices", LOOK_INTERVAL, this::look);
    private Set<String> swept = Set.of();

    /**
     * @param directory kubelet's device plugin directory
     * @param registrations the registrations of all the agent's plugins
     * @param minors minor number of each GPU's device node by UUID
     */
    public ResourcePlugins(
            UnixSockets sockets,
            Path directory,
            ResourceRegistrations registrations,
            LabelDrivenDevices devices,
            InjectSettings inject,
            Supplier<Map<String, Integer>> minors) {
        this.sockets = sockets;
        this.directory = directory;
        this.registrations = registrations;
        this.devices = devices;
        this.inject = inject;
        this.files = new NamedDeviceFiles(inject, minors);
    }

    /**
     * A resource registered with kubelet.
     *
     * @param supply its devices
     * @param plugin the plugin that offers them
     */
    private record Served(Supply supply, DevicePlugin plugin) {}

    /**
     * The devices of one resource.
     *
     * @param name the resource's name
     */
    private record Supply(String name, LabelDrivenDevices all, List<Runnable> listeners) implements DeviceSupply {

        @Override
        public List<OfferedDevice> devices() {
            return all.offered().getOrDefault(name, List.of());
        }

        @Override
        public void onChange(Runnable listener) {
            listeners.add(listener);
        }
    }

    /**
     * Looks once, then keeps looking. Blocks for calls to the driver and kubelet.
     *
     * @param node the node to follow
     */
    public void start(NodePresence node) {
        devices.onChange(() -> {
            plugins.values().forEach(served -> served.supply().listeners().forEach(Runnable::run));
            loop.wake();
        });
        node.onChange(loop::wake);
        node.onInstanceHit(xid -> {
            devices.hit(xid);
            loop.wake();
        });
        try {
            devices.refresh();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.start();
    }

    /** Triggers a look soon. */
    public void wake() {
        loop.wake();
    }

    private Loop.Next look() throws InterruptedException {
        boolean well = devices.refresh();
        Set<String> wanted = devices.offered().keySet();
        for (String name : wanted) {
            plugins.computeIfAbsent(name, this::serve);
        }
        plugins.entrySet().removeIf(entry -> {
            boolean over = !wanted.contains(entry.getKey());
            if (over) {
                entry.getValue().plugin().close();
                LOG.log(Level.INFO, "{0} is no longer offered", entry.getKey());
            }
            return over;
        });
        sweep();
        return well ? Loop.Next.AFTER_PAUSE : Loop.Next.RETRY_SOON;
    }

    private Served serve(String name) {
        Supply supply = new Supply(name, devices, new CopyOnWriteArrayList<>());
        DevicePlugin plugin = new DevicePlugin(
                sockets,
                directory,
                "migpool-" + name.substring(name.indexOf('/') + 1) + ".sock",
                () -> Optional.of(name),
                registrations,
                supply,
                new NamedDevices(new Desk(name, devices), inject, files),
                KubeletObserver.NONE);
        files.getReady();
        plugin.start();
        return new Served(supply, plugin);
    }

    /**
     * Answers the plugin of one resource.
     *
     * @param resource its name
     * @param devices all label-driven devices
     */
    private record Desk(String resource, LabelDrivenDevices devices) implements NamedDevices.Desk {

        @Override
        public void give(Set<String> uuids) throws IOException {
            devices.give(resource, uuids);
        }

        @Override
        public List<VisibleDevice> requirePresent(NavigableSet<String> uuids) throws PreparationException {
            return devices.requirePresent(resource, uuids);
        }
    }

    private void sweep() {
        Optional<Set<String>> present = devices.present();
        if (present.isPresent() && !present.get().equals(swept)) {
            try {
                files.sweep(present.get());
                swept = present.get();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "CDI files of devices that are gone cannot be removed: {0}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        loop.close();
        plugins.values().forEach(served -> served.plugin().close());
    }
}
