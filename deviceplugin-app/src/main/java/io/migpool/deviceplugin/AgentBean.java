package io.migpool.deviceplugin;

import io.migpool.config.EffectiveConfiguration;
import io.migpool.config.PoolSettings;
import io.migpool.config.time.SteadyClock;
import io.migpool.config.trace.PodTraces;
import io.migpool.deviceplugin.gpu.ConfiguredGpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriverProvider;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.node.KubernetesCluster;
import io.migpool.deviceplugin.rehearsal.Rehearsal;
import io.migpool.deviceplugin.sharing.SharedRegions;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import io.migpool.deviceplugin.sharing.SharingTurns;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.CreationException;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Starts the agent with the container of beans and stops it with it; after the server and before it, because both count into
 * one registry. A thread of the agent that shows its first figure while Helidon shows or removes its own takes the locks of
 * Micrometer and Helidon in the other order, and neither would ever go on.
 */
@ApplicationScoped
class AgentBean {

    private static final System.Logger LOG = System.getLogger(AgentBean.class.getName());
    private static final int AFTER_THE_SERVER = Interceptor.Priority.PLATFORM_AFTER + 1_000;
    /** Helidon stops its server at 0. */
    private static final int BEFORE_THE_SERVER = -1;

    private static final Duration IDLE_TTL = Duration.ofMinutes(10);
    private static final Duration DRIVER_WATCH_INTERVAL = Duration.ofMinutes(1);
    private static final String USAGE_INTERVAL = "migpool.usage.interval";
    private static final Duration DEFAULT_USAGE_INTERVAL = Duration.ofSeconds(10);
    private static final String LEGACY_METRICS = "migpool.agent.legacy-metrics";
    private static final String FAIL_WITHOUT_DRIVER = "migpool.gpu.fail-without-driver";

    private final Config config;
    private final Instance<GpuDriver> drivers;
    private final Instance<GpuDriverProvider> providers;
    private final AgentMetrics metrics;

    private volatile @Nullable PoolSettings live;
    private volatile @Nullable NodeAgent agent;
    private volatile @Nullable DriverWatch driverWatch;
    private volatile PodTraces traces = PodTraces.NONE;
    private @Nullable ContainerFigures containers;
    private @Nullable UsageLooks usage;
    private @Nullable SharingTurns turns;
    private @Nullable Rehearsal rehearsal;

    @Inject
    AgentBean(
            Config config,
            Instance<GpuDriver> drivers,
            @Any Instance<GpuDriverProvider> providers,
            AgentMetrics metrics) {
        this.providers = providers;
        this.config = config;
        this.drivers = drivers;
        this.metrics = metrics;
    }

    void start(@Observes @Priority(AFTER_THE_SERVER) @Initialized(ApplicationScoped.class) Object event)
            throws IOException {
        AgentSettings settings = AgentSettings.of(config);
        LiveDuration idleTtl = new LiveDuration(config, AgentSettings.IDLE_TTL, IDLE_TTL);
        Duration usageInterval = AgentSettings.interval(config, USAGE_INTERVAL, DEFAULT_USAGE_INTERVAL);
        Rehearsal rehearsed = Rehearsal.start(Path.of(System.getProperty("java.io.tmpdir")), SteadyClock.ofSystem());
        rehearsal = rehearsed;
        PoolSettings pool = PoolSettings.open(config);
        live = pool;
        PodTraces told = PodTraces.open(config, "migpool-device-plugin");
        traces = told;
        GpuDriver driver = driver();
        NodeAgent started = new NodeAgent(
                settings,
                pool.devices(),
                pool.nodes(),
                idleTtl,
                driver,
                new KubernetesCluster(ClusterClient.open(settings), settings.nodeName(), InstantSource.system()),
                metrics,
                metrics,
                metrics,
                told,
                InstantSource.system());
        agent = started;
        metrics.follow(started, settings.nodeName());
        metrics.follow(pool);
        ContainerFigures figures = metrics.containers(started.pool());
        containers = figures;
        figures.start();
        started.start(rehearsed::await);
        SharedRegions regions =
                new SharedRegions(SharingDirectories.under(settings.inject().hookPath()));
        UsageLooks looks = new UsageLooks(
                driver,
                started.pool(),
                regions,
                metrics.usage(
                        settings.nodeName(),
                        config.getOptionalValue(LEGACY_METRICS, Boolean.class).orElse(true),
                        InstantSource.system())::show,
                usageInterval);
        usage = looks;
        looks.start();
        SharingTurns taken = new SharingTurns(regions, started.pool()::claims);
        turns = taken;
        taken.start();
        DriverWatch.of(driver, started.isWithoutGpus(), this::hasDriverCome, DRIVER_WATCH_INTERVAL)
                .ifPresent(watch -> {
                    driverWatch = watch;
                    watch.start();
                });
        LOG.log(System.Logger.Level.INFO, "node agent of {0} is up", settings.nodeName());
    }

    /** A machine without a driver is no reason to fail unless configuration says so: the node just offers nothing. */
    private GpuDriver driver() {
        try {
            GpuDriver driver = drivers.get();
            // Opens it: what is injected is a proxy.
            int gpus = driver.gpus().size();
            LOG.log(System.Logger.Level.INFO, "the driver lists {0} GPUs", gpus);
            return driver;
        } catch (CreationException | GpuException e) {
            if (config.getOptionalValue(FAIL_WITHOUT_DRIVER, Boolean.class).orElse(false)) {
                throw new IllegalStateException(
                        "no GPU driver, and " + FAIL_WITHOUT_DRIVER + " is true: " + rootMessage(e), e);
            }
            LOG.log(System.Logger.Level.WARNING, "no GPU driver; this node offers no GPUs until there is one", e);
            return new NoGpus();
        }
    }

    private boolean hasDriverCome() throws GpuException {
        try (GpuDriver opened =
                ConfiguredGpuDriver.open(config, providers.stream().toList())) {
            return !opened.gpus().isEmpty() || !opened.unlisted().isEmpty();
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null ? String.valueOf(failure.getMessage()) : rootMessage(cause);
    }

    /** Whether there are GPUs by now that the agent does not know. */
    boolean isOutdated() {
        DriverWatch watch = driverWatch;
        return watch != null && watch.hasAppeared();
    }

    /** The agent, once it is started. */
    Optional<NodeAgent> agent() {
        return Optional.ofNullable(agent);
    }

    /** What this application runs with, once it is started. */
    Optional<EffectiveConfiguration> configuration() {
        return Optional.ofNullable(live)
                .map(settings -> settings.effective(Map.of(AgentSettings.IDLE_TTL, IDLE_TTL.toString())));
    }

    void stop(@Observes @Priority(BEFORE_THE_SERVER) @BeforeDestroyed(ApplicationScoped.class) Object event) {
        if (rehearsal != null) {
            rehearsal.close();
        }
        DriverWatch watch = driverWatch;
        if (watch != null) {
            watch.close();
        }
        if (turns != null) {
            turns.close();
        }
        if (usage != null) {
            usage.close();
        }
        if (containers != null) {
            containers.close();
        }
        NodeAgent running = agent;
        if (running != null) {
            running.close();
        }
        traces.close();
        PoolSettings opened = live;
        if (opened != null) {
            opened.close();
        }
    }
}
