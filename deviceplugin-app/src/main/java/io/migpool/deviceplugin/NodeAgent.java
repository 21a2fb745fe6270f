package io.migpool.deviceplugin;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import io.migpool.config.time.SteadyClock;
import io.migpool.config.trace.PodTraces;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.handout.CountResource;
import io.migpool.deviceplugin.handout.LabelledDevices;
import io.migpool.deviceplugin.handout.ResourcePlugins;
import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.deviceplugin.inject.AbandonedDirectories;
import io.migpool.deviceplugin.inject.ContainerStart;
import io.migpool.deviceplugin.inject.DevicesBehindSlots;
import io.migpool.deviceplugin.inject.Placements;
import io.migpool.deviceplugin.inject.SlotHealth;
import io.migpool.deviceplugin.inject.ToldStarts;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.kubelet.PodResourcesServer;
import io.migpool.deviceplugin.kubelet.PodResourcesSource;
import io.migpool.deviceplugin.kubelet.ResourceNames;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.migmanager.MigManager;
import io.migpool.deviceplugin.node.BlockedPods;
import io.migpool.deviceplugin.node.ClaimReader;
import io.migpool.deviceplugin.node.Cluster;
import io.migpool.deviceplugin.node.DeviceGate;
import io.migpool.deviceplugin.node.HealthObserver;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.node.PoolReconciler;
import io.migpool.deviceplugin.node.ReservationRepair;
import io.migpool.deviceplugin.node.ReservedSlices;
import io.migpool.deviceplugin.node.Rivals;
import io.migpool.deviceplugin.node.RuntimeIdentityWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The agent put together: one object graph, started from the driver outwards to kubelet and stopped the other way round. Plain
 * Java, so that tests start it without a container of beans.
 */
final class NodeAgent implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(NodeAgent.class.getName());

    private final Cluster cluster;
    private final InstancePool pool;
    /** The driver is asked once which GPUs there are. */
    private final boolean withoutGpus;

    private final NodePresence presence;
    private final RuntimeIdentityWriter receipts;
    private final PoolReconciler reconciler;
    private final BlockedPods blockedPods;
    private final AbandonedDirectories abandoned;
    private final Rivals rivals;
    private final UnixSockets sockets = new UnixSockets();
    private final KubeletPodResources podResources;
    private final Optional<PodResourcesServer> translated;
    private final boolean handsOut;
    private final ResourcePlugins labelledPlugins;
    private final MigManager migManager;
    private final DevicePlugin plugin;

    NodeAgent(
            AgentSettings settings,
            LiveSettings<DeviceSettings> pooled,
            LiveSettings<NodeSettings> nodes,
            Supplier<Duration> idleTtl,
            GpuDriver driver,
            Cluster cluster,
            PoolObserver poolObserver,
            KubeletObserver kubeletObserver,
            HealthObserver healthObserver,
            PodTraces traces,
            InstantSource wall) {
        InstantSource clock = new SteadyClock(wall, System::nanoTime);
        this.cluster = cluster;
        RememberedNames devices = new RememberedNames(pooled, settings.stateDirectory());
        List<GpuDescription> gpus = gpus(driver);
        withoutGpus = gpus.isEmpty();
        pool = new InstancePool(
                driver, gpus, new OwnershipFile(settings.stateDirectory()), idleTtl, clock, poolObserver);
        ReservedSlices slices = new ReservedSlices(() -> gpus(driver));
        ClaimReader claims = new ClaimReader(settings.nodeName(), devices::current, slices);
        podResources = new KubeletPodResources(sockets, settings.podResourcesSocket());
        CheckpointFile checkpoint = new CheckpointFile(
                settings.devicePluginDirectory(),
                () -> devices.current().resources().count());
        KubeletDeviceHolders holders = new KubeletDeviceHolders(podResources, checkpoint, cluster.pods());
        LabelDrivenGpus labelDriven =
                new LabelDrivenGpus(pool, cluster.pods(), claims, new NotedHolders(holders, driver));
        handsOut = settings.migManager().handsOut();
        presence = new NodePresence(
                settings.nodeName(),
                driver,
                pool,
                labelDriven,
                devices,
                nodes,
                cluster.node(),
                cluster.labels()::current,
                cluster.events(),
                settings.health(),
                healthObserver,
                clock);
        receipts = new RuntimeIdentityWriter(cluster.pods(), slices);
        ReservationRepair repair = new ReservationRepair(
                cluster.pods(), claims, slices, pool, presence, cluster.events(), devices::current);
        reconciler = new PoolReconciler(
                pool,
                cluster.pods(),
                claims,
                () -> devices.countName().isPresent(),
                repair::isMoving,
                settings.sweepInterval());
        abandoned = new AbandonedDirectories(settings.inject(), cluster.pods(), pool);
        blockedPods = new BlockedPods(cluster.pods(), pool, cluster.events(), settings::evictAfter, clock);
        Placements placements = new Placements(
                pool,
                cluster.pods(),
                presence,
                repair,
                blockedPods,
                cluster.events(),
                settings.inject().startLimit(),
                clock);
        SlotHealth slots = new SlotHealth(checkpoint, pool, presence);
        rivals = new Rivals(cluster.pods(), cluster.events(), () -> nvidiasPluginIsWelcome(labelDriven));
        LabelledDevices labelled = new LabelledDevices(
                driver,
                labelDriven,
                presence::migStrategy,
                presence::ailment,
                holders,
                new CountResource(presence::resourceName, this::poolHasGpus),
                cluster.events(),
                clock);
        ResourceNames names = new ResourceNames();
        labelledPlugins =
                new ResourcePlugins(sockets, settings.devicePluginDirectory(), names, labelled, settings.inject());
        if (handsOut) {
            labelDriven.usedBy(labelled);
            labelDriven.onChange(labelledPlugins::wake);
        }
        migManager = new MigManager(
                settings.migManager(),
                settings.nodeName(),
                settings.stateDirectory(),
                driver,
                labelDriven,
                cluster,
                holders,
                handsOut ? labelled : DeviceGate.NONE,
                presence::migStrategy,
                new DbusSystemd(settings.migManager().dbusAddress(), clock),
                wall,
                clock);
        cluster.listen(PoolReconciler.listener(pool), this::nodeChanged);
        SlotOwners owners =
                new SlotOwners(checkpoint, new PodResourcesSource(podResources, presence::resourceName), clock);
        translated = settings.translatedPodResourcesSocket()
                .map(socket -> new PodResourcesServer(
                        sockets, socket, podResources, presence::resourceName, new DevicesBehindSlots(pool, presence)));
        ContainerStart starts = new ContainerStart(
                owners,
                cluster.pods(),
                claims,
                pool,
                presence,
                placements,
                receipts,
                cluster.events(),
                new ToldStarts(settings.nodeName(), cluster.events(), traces, wall),
                devices::current,
                settings.inject(),
                clock);
        plugin = new DevicePlugin(
                sockets,
                settings.devicePluginDirectory(),
                "migpool.sock",
                () -> devices.countName().filter(name -> !handsOut || !labelled.offers(name)),
                names,
                slots,
                starts,
                kubeletObserver);
        // Under which GPU a slot lies.
        pool.onClaimChange(plugin::pushSoon);
    }

    /** Where it is to hand out the label's GPUs, and the pool has none beside them. */
    private Optional<Boolean> nvidiasPluginIsWelcome(LabelDrivenGpus labelDriven) {
        if (handsOut) {
            return Optional.of(false);
        }
        return labelDriven.areDecided()
                ? Optional.of(!poolHasGpus() && labelDriven.awaited().isEmpty())
                : Optional.empty();
    }

    /** kubelet's checkpoint has slots also of pods that have ended, so it does not count here. */
    private boolean poolHasGpus() {
        return presence.slots() > 0 || !pool.claims().isEmpty();
    }

    private void nodeChanged() {
        presence.nodeChanged();
        migManager.wake();
    }

    private static List<GpuDescription> gpus(GpuDriver driver) {
        try {
            return driver.gpus();
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.ERROR, "the GPUs cannot be listed", e);
            return List.of();
        }
    }

    /**
     * Recovers what the driver and the ownership file know, then serves. Does not wait for API server or kubelet.
     *
     * @param beforeKubelet what has to be over before kubelet hears of us; may block for a moment
     */
    void start(Runnable beforeKubelet) throws IOException {
        pool.start();
        cluster.start();
        if (withoutGpus) {
            cluster.events()
                    .warnNode(
                            "NoGpus",
                            "the driver lists no GPU, so this node offers none; if it has some, the node agent starts anew once nvidia-smi shows them");
        }
        receipts.start();
        reconciler.start();
        blockedPods.start();
        abandoned.start();
        rivals.start();
        presence.start();
        if (handsOut) {
            labelledPlugins.start(presence);
        }
        migManager.start();
        beforeKubelet.run();
        plugin.start();
        translated.ifPresent(PodResourcesServer::start);
    }

    /** Whether the driver listed no GPU when the agent was made. */
    boolean isWithoutGpus() {
        return withoutGpus;
    }

    InstancePool pool() {
        return pool;
    }

    NodePresence presence() {
        return presence;
    }

    DevicePlugin plugin() {
        return plugin;
    }

    RuntimeIdentityWriter receipts() {
        return receipts;
    }

    /** The Node says {@code stopping} before the socket closes; instances stay as they are. */
    @Override
    public void close() {
        migManager.close();
        presence.close();
        labelledPlugins.close();
        plugin.close();
        translated.ifPresent(PodResourcesServer::close);
        podResources.close();
        sockets.close();
        rivals.close();
        abandoned.close();
        blockedPods.close();
        reconciler.close();
        receipts.close();
        pool.close();
        cluster.close();
    }
}
