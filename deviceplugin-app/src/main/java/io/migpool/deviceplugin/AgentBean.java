package io.migpool.deviceplugin;

import io.migpool.config.EffectiveConfiguration;
import io.migpool.config.PoolSettings;
import io.migpool.deviceplugin.api.RunningAgent;
import io.migpool.deviceplugin.cluster.ApiServerCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.observe.AgentMetrics;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.observe.ContainerFigures;
import io.migpool.deviceplugin.observe.UsageLooks;
import io.migpool.deviceplugin.rehearsal.Rehearsal;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.LiveAgentSettings;
import io.migpool.deviceplugin.settings.LiveDuration;
import io.migpool.deviceplugin.settings.RememberedNames;
import io.migpool.deviceplugin.sharing.SharedRegions;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import io.migpool.deviceplugin.sharing.SharingTurns;
import io.migpool.runtime.Closing;
import io.migpool.runtime.kubernetes.ApiServerClient;
import io.migpool.runtime.time.SteadyClock;
import io.migpool.runtime.trace.PodTraces;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.CreationException;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the agent with the CDI container: starts it after the server and stops it before, because both
 * register figures in one registry. If a thread of the agent showed its first figure while Helidon shows or removes its
 * own, the two would take the locks of Micrometer and Helidon in opposite orders and deadlock.
 */
@ApplicationScoped
class AgentBean implements RunningAgent {

    private static final System.Logger LOG = System.getLogger(AgentBean.class.getName());
    private static final int AFTER_THE_SERVER = Interceptor.Priority.PLATFORM_AFTER + 1_000;
    /** Helidon stops its server at 0. */
    private static final int BEFORE_THE_SERVER = -1;

    private static final Duration DRIVER_WATCH_INTERVAL = Duration.ofSeconds(15);

    private final Config config;
    private final Instance<GpuDriver> drivers;
    private final AgentMetrics metrics;
    private final Closing closing = new Closing();

    private volatile @Nullable PoolSettings live;
    private volatile @Nullable NodeAgent agent;

    @Inject
    AgentBean(Config config, Instance<GpuDriver> drivers, AgentMetrics metrics) {
        this.config = config;
        this.drivers = drivers;
        this.metrics = metrics;
    }

    void start(@Observes @Priority(AFTER_THE_SERVER) @Initialized(ApplicationScoped.class) Object event)
            throws IOException {
        try {
            start(AgentSettings.of(config));
        } catch (IOException | RuntimeException e) {
            closing.close();
            throw e;
        }
    }

    private void start(AgentSettings settings) throws IOException {
        LiveDuration idleTtl = new LiveDuration(config, AgentSettings.IDLE_TTL);
        Rehearsal rehearsal =
                closing.add(Rehearsal.start(Path.of(System.getProperty("java.io.tmpdir")), SteadyClock.ofSystem()));
        PoolSettings pool = closing.add(PoolSettings.open(config));
        live = pool;
        PodTraces traces = closing.add(PodTraces.open(config, "migpool-device-plugin"));
        GpuDriver driver = driver();
        NodeAgent made = closing.add(new NodeAgent(
                settings,
                new LiveAgentSettings(
                        new RememberedNames(pool.devices(), settings.stateDirectory()), pool.nodes(), idleTtl),
                AgentPorts.of(
                        driver,
                        new ApiServerCluster(
                                ApiServerClient.of(config).open(), settings.nodeName(), InstantSource.system()),
                        InstantSource.system()),
                new AgentObservers(metrics, metrics, metrics, traces)));
        agent = made;
        metrics.follow(made.pool(), made.identityWriter(), made.presence(), settings.nodeName());
        metrics.follow(pool);
        ContainerFigures containers = metrics.containers(made.pool());
        closing.start(containers, containers::start);
        made.start(rehearsal::await);
        watchUse(settings, driver, made.pool());
        DriverWatch watch = new DriverWatch(driver, DRIVER_WATCH_INTERVAL);
        closing.start(watch, watch::start);
        LOG.log(Level.INFO, "node agent of {0} is up", settings.nodeName());
    }

    /** Starts measuring what containers use, and taking turns on the GPUs that they share. */
    private void watchUse(AgentSettings settings, GpuDriver driver, InstancePool pool) {
        SharedRegions regions =
                new SharedRegions(SharingDirectories.under(settings.inject().hookPath()));
        regions.removeLeftovers();
        UsageLooks looks = new UsageLooks(
                driver,
                pool,
                regions,
                metrics.usage(settings.nodeName(), settings.legacyMetrics(), InstantSource.system())::show,
                settings.usageInterval());
        closing.start(looks, looks::start);
        SharingTurns turns = new SharingTurns(regions, pool::claims);
        closing.start(turns, turns::start);
    }

    /** Returns the driver, opened. Without one the node offers no GPUs until there is one. */
    private GpuDriver driver() {
        GpuDriver driver = drivers.get();
        try {
            // The injected reference is only a proxy, which opens the driver on first use.
            LOG.log(Level.DEBUG, "the driver lists {0}", driver.gpus());
        } catch (CreationException e) {
            throw new IllegalStateException("the GPU driver cannot be opened: " + rootMessage(e), e);
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "the GPUs cannot be listed", e);
        }
        return driver;
    }

    private static String rootMessage(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null ? String.valueOf(failure.getMessage()) : rootMessage(cause);
    }

    @Override
    public Optional<DevicePlugin> plugin() {
        return Optional.ofNullable(agent).map(NodeAgent::plugin);
    }

    @Override
    public Optional<NodePresence> presence() {
        return Optional.ofNullable(agent).map(NodeAgent::presence);
    }

    @Override
    public Optional<EffectiveConfiguration> configuration() {
        return Optional.ofNullable(live).map(PoolSettings::effective);
    }

    void stop(@Observes @Priority(BEFORE_THE_SERVER) @BeforeDestroyed(ApplicationScoped.class) Object event) {
        closing.close();
    }
}
