package io.migpool.deviceplugin;

import io.migpool.deviceplugin.inject.ContainerStart;
import io.migpool.deviceplugin.inject.ContainerStartReporter;
import io.migpool.deviceplugin.inject.DevicesBehindSlots;
import io.migpool.deviceplugin.inject.SlotHealth;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.kubelet.PodResourcesServer;
import io.migpool.deviceplugin.kubelet.PodResourcesSource;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.runtime.Closing;
import java.util.Optional;

/**
 * kubelet's side of the agent: the pool's slots, the containers that get them, and the reports of both to monitoring.
 */
final class KubeletSide {

    private static final String SOCKET = "migpool.sock";

    private final NodePresence presence;
    private final InstancePool instances;
    private final ContainerStartReporter reporter;
    private final ContainerStart starts;
    private final DevicePlugin plugin;
    private final Optional<PodResourcesServer> translated;

    KubeletSide(
            AgentSettings settings,
            AgentPorts ports,
            PoolSide pool,
            LabelSide label,
            KubeletAccess kubelet,
            AgentObservers observers) {
        presence = pool.presence();
        instances = pool.instances();
        SlotOwners owners = new SlotOwners(
                kubelet.checkpoint(),
                new PodResourcesSource(kubelet.podResources(), presence::resourceName),
                ports.clock());
        reporter = new ContainerStartReporter(
                settings.nodeName(), ports.cluster().events(), observers.traces(), ports.wall());
        starts = pool.starts(owners, reporter);
        plugin = new DevicePlugin(
                kubelet.sockets(),
                settings.devicePluginDirectory(),
                SOCKET,
                () -> pool.devices().countName().filter(name -> !label.offers(name)),
                kubelet.registrations(),
                new SlotHealth(kubelet.checkpoint(), instances, ports.cluster().pods(), presence),
                starts,
                observers.kubelet());
        translated = settings.translatedPodResourcesSocket()
                .map(socket -> new PodResourcesServer(
                        kubelet.sockets(),
                        socket,
                        kubelet.podResources(),
                        presence::resourceName,
                        new DevicesBehindSlots(instances, presence)));
    }

    /** Starts serving and registers with kubelet. */
    void start(Closing closing) {
        closing.add(reporter);
        starts.getReady();
        // A claim determines the GPU of a slot.
        instances.onClaimChange(plugin::pushSoon);
        presence.serveWhile(plugin::isRegistered);
        plugin.onRegistration(presence::kubeletChanged);
        closing.start(plugin, plugin::start);
        translated.ifPresent(server -> closing.start(server, server::start));
    }

    DevicePlugin plugin() {
        return plugin;
    }
}
