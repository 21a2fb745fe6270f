package io.migpool.deviceplugin.migmanager;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.featurelabels.DescribedHost;
import io.migpool.deviceplugin.featurelabels.FeatureLabelWriter;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.host.Systemd;
import io.migpool.deviceplugin.node.AllocationGate;
import io.migpool.deviceplugin.node.DeviceHolders;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;

/**
 * Follows the label {@code nvidia.com/mig.config}: brings this node's label-driven GPUs into the configuration that it
 * names. Life cycle: construct, start, wake when the Node changes, close.
 */
public final class MigManager implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(MigManager.class.getName());
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration LABELS_AGAIN = Duration.ofSeconds(5);

    private final LabelDrivenGpus gpus;
    private final MigConfigProtocol protocol;
    private final GeneratedConfigMap generated;
    private final Optional<FeatureLabelWriter> featureLabels;
    private final InstantSource clock;
    private final List<ConfigMaps.Watched> watches = new ArrayList<>();
    private final AtomicBoolean woken = new AtomicBoolean(true);
    private final Loop loop = Loop.ofDriverCalls("mig-manager", TICK, this::look);
    /** When the next step is due without a wake-up; used by the loop. */
    private Instant due = Instant.MIN;

    /**
     * The node that follows the label.
     *
     * @param name its name in the cluster
     * @param stateDirectory where unfinished changes are recorded
     * @param systemd the host's systemd
     */
    public record Node(String name, Path stateDirectory, GpuDriver driver, Cluster cluster, Systemd systemd) {}

    /**
     * The label-driven GPUs, and how pods get devices of them.
     *
     * @param holders the pods that hold devices
     * @param gate the gate through which pods get devices
     * @param strategy the MIG strategy for the labels about the GPUs
     */
    public record Allocation(
            LabelDrivenGpus gpus, DeviceHolders holders, AllocationGate gate, Supplier<MigStrategy> strategy) {}

    /**
     * @param wall wall-clock time, for timestamps in labels
     * @param clock steady time for waiting
     */
    public MigManager(
            MigManagerSettings settings, Node node, Allocation allocation, InstantSource wall, InstantSource clock) {
        this.gpus = allocation.gpus();
        this.clock = clock;
        GpuDriver driver = node.driver();
        Cluster cluster = node.cluster();
        MigManagerSettings.Sources sources = settings.sources();
        MigManagerSettings.Permissions may = settings.permissions();
        NodePods pods = new NodePods(cluster.pods(), cluster.events(), clock);
        ConfigurationSource suggested = Configurations.generated(() -> ours(driver), sources.defaultConfigFile());
        generated = new GeneratedConfigMap(cluster.configMaps(), suggested, sources.namespace(), node.name(), clock);
        HostServices.ServiceList services =
                may.stopsHostServices() ? services(cluster.configMaps(), sources) : HostServices.ServiceList.NONE;
        MigConfigProtocol.Ports ports = new MigConfigProtocol.Ports(
                cluster.labels(),
                new ClusterGpuClients(pods, new HostServices(services, node.systemd())),
                sources.configFile()
                        .map(Configurations::in)
                        .orElseGet(() -> custom(cluster.configMaps(), sources, suggested)),
                new NodeReboots(may.reboots(), driver, pods, cluster.cordon(), node.systemd()),
                settings.cdi().<ManagementSpecification>map(NvidiaToolkit::new).orElse(ManagementSpecification.NONE),
                new ChangeJournalFile(node.stateDirectory()),
                notices(cluster.events()));
        featureLabels = settings.featureLabels()
                ? Optional.of(new FeatureLabelWriter(
                        cluster.labels(),
                        driver,
                        gpu -> gpus.free().contains(gpu.uuid()),
                        allocation.strategy(),
                        DescribedHost.PRODUCT_NAME,
                        wall))
                : Optional.empty();
        protocol = new MigConfigProtocol(
                ports,
                new Geometry(driver, this::isOurs, gpu -> gpus.free().contains(gpu.uuid()), may::resets),
                new NodeGpuScope(gpus, allocation.holders(), allocation.gate(), pods, may.drains()),
                clock,
                settings.patience());
        gpus.changedBy(protocol::isUnfinished);
    }

    private ConfigurationSource custom(
            ConfigMaps configMaps, MigManagerSettings.Sources sources, ConfigurationSource suggested) {
        return Configurations.in(
                sources.namespace() + "/" + sources.configMap(),
                watched(configMaps, sources.namespace(), sources.configMap()),
                suggested);
    }

    private HostServices.ServiceList services(ConfigMaps configMaps, MigManagerSettings.Sources sources) {
        return sources.clientsFile()
                .map(ClientsFile::in)
                .orElseGet(() -> ClientsFile.in(
                        sources.namespace() + "/" + sources.clientsConfigMap(),
                        watched(configMaps, sources.namespace(), sources.clientsConfigMap())));
    }

    private ConfigMaps.Watched watched(ConfigMaps configMaps, String namespace, String name) {
        ConfigMaps.Watched watched = configMaps.watch(namespace, name, this::wake);
        watches.add(watched);
        return watched;
    }

    /** Returns whether configuration gives a GPU to the label, even while pods of the pool are still there. */
    private boolean isOurs(GpuDescription gpu) {
        return gpus.has(gpu.uuid());
    }

    private List<GpuDescription> ours(GpuDriver driver) throws GpuException {
        return driver.gpus().stream().filter(this::isOurs).toList();
    }

    private static Notices notices(Events events) {
        return new Notices() {
            @Override
            public void progress(String reason, String note) {
                LOG.log(Level.INFO, note);
                events.noteNode(reason, note);
            }

            @Override
            public void trouble(String reason, String note) {
                LOG.log(Level.WARNING, note);
                events.warnNode(reason, note);
            }
        };
    }

    /** Starts following the label. Does not wait for the API server. */
    public void start() {
        gpus.onChange(this::wake);
        watches.forEach(ConfigMaps.Watched::start);
        loop.start();
    }

    /** Triggers a step after a change of the Node, a GPU or a ConfigMap. */
    public void wake() {
        woken.set(true);
        loop.wake();
    }

    private Loop.Next look() {
        Instant now = clock.instant();
        if (!woken.getAndSet(false) && now.isBefore(due)) {
            return Loop.Next.AFTER_PAUSE;
        }
        Lock changing = gpus.changing();
        changing.lock();
        try {
            if (!gpus.free().isEmpty()) {
                generated.publish();
            }
            due = now.plus(protocol.step());
            if (featureLabels.isPresent() && !featureLabels.get().write()) {
                due = Collections.min(List.of(due, now.plus(LABELS_AGAIN)));
            }
        } finally {
            changing.unlock();
        }
        return Loop.Next.AFTER_PAUSE;
    }

    /** Stops following the label; a change under way is taken up again after the next start. */
    @Override
    public void close() {
        loop.close();
        watches.forEach(ConfigMaps.Watched::close);
    }
}
