package io.migpool.deviceplugin.observe;

import io.helidon.metrics.api.Metrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToDoubleFunction;

/**
 * The agent's metrics. Registered directly with Micrometer, because HAMi's dashboards need the exact names, and the
 * layers above would change them.
 */
@Dependent
public class AgentMetrics implements PoolObserver, KubeletObserver, HealthObserver {

    private static final String OK = "ok";
    private static final double[] BUCKETS_SECONDS = {
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30
    };

    private final MeterRegistry registry;
    private final MultiGauge conditions;
    /** Guards {@link #conditions}: several GPUs may change at once. */
    private final ReentrantLock refreshing = new ReentrantLock();

    @Inject
    AgentMetrics() {
        this(Metrics.globalRegistry().unwrap(MeterRegistry.class));
    }

    AgentMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.conditions = MultiGauge.builder("migpool_gpu_condition")
                .description("1 for each condition that keeps a GPU from serving normally")
                .register(registry);
    }

    /** Starts to expose the agent's state. */
    public void follow(
            InstancePool pool, RuntimeIdentityWriter identityWriter, NodePresence presence, String nodeName) {
        // Registered before the first call, so that rates begin at zero and no container start has to create a series.
        allocations(OK);
        starts(OK);
        follow(pool, nodeName);
        Gauge.builder("migpool_pods_to_write_back", identityWriter, RuntimeIdentityWriter::waiting)
                .description("Pods whose runtime identity has not yet been written to the API server")
                .tag("node", nodeName)
                .register(registry);
        presence.onChange(() -> {
            showConditions(presence, nodeName);
            showQueues(pool, nodeName);
        });
    }

    /** Starts to expose the instances. */
    void follow(InstancePool pool, String nodeName) {
        for (InstanceState state : InstanceState.values()) {
            Gauge.builder("migpool_instances", pool, p -> count(p, state))
                    .description("MIG instances on this node by state")
                    .tag("node", nodeName)
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        showQueues(pool, nodeName);
        drift(nodeName, "instance_without_reservation", pool, AgentMetrics::unreserved);
        drift(nodeName, "reservation_without_instance", pool, AgentMetrics::missing);
    }

    /** Shows the queues of all GPUs; there may be more than before. */
    private void showQueues(InstancePool pool, String nodeName) {
        pool.queued().keySet().forEach(uuid -> Gauge.builder(
                        "migpool_gpu_queue", pool, p -> p.queued().getOrDefault(uuid, 0))
                .description("Tasks waiting for a GPU")
                .tag("node", nodeName)
                .tag("device_uuid", uuid)
                .register(registry));
    }

    private void showConditions(NodePresence presence, String nodeName) {
        refreshing.lock();
        try {
            conditions.register(
                    presence.conditions().entrySet().stream()
                            .<MultiGauge.Row<?>>map(entry -> MultiGauge.Row.of(
                                    Tags.of(
                                            "node", nodeName,
                                            "device_uuid", entry.getKey(),
                                            "reason", entry.getValue().trouble().reason()),
                                    1))
                            .toList(),
                    true);
        } finally {
            refreshing.unlock();
        }
    }

    private void drift(String nodeName, String kind, InstancePool pool, ToDoubleFunction<InstancePool> count) {
        Gauge.builder("migpool_drift", pool, count)
                .description("Differences between the reservations of the pods here and the instances that exist")
                .tag("node", nodeName)
                .tag("kind", kind)
                .register(registry);
    }

    private static long unreserved(InstancePool pool) {
        return pool.instances().stream()
                .filter(instance -> instance.state().blocks())
                .count();
    }

    /** Counts missing instances, including those still being created; a lasting count means lost ones. */
    private static long missing(InstancePool pool) {
        Map<Slice, MigInstance> active = ContainerFigures.active(pool);
        return pool.claims().stream()
                .flatMap(claim -> claim.slices().stream().filter(slice -> Optional.ofNullable(active.get(slice))
                        .flatMap(MigInstance::pod)
                        .filter(claim.uid()::equals)
                        .isEmpty()))
                .count();
    }

    /** Returns the series about which container has which instance, in the same registry. */
    public ContainerFigures containers(InstancePool pool) {
        return new ContainerFigures(registry, pool);
    }

    /** Returns the usage series, in the same registry; containers report wall-clock times. */
    public UsageFigures usage(String nodeName, boolean legacy, InstantSource wall) {
        return new UsageFigures(registry, nodeName, legacy, wall);
    }

    private static long count(InstancePool pool, InstanceState state) {
        return pool.instances().stream()
                .filter(instance -> instance.state() == state)
                .count();
    }

    /** Exposes whether the latest version of each document is in force. */
    public void follow(PoolSettings settings) {
        follow("device-config", settings.devices());
        follow("node-config", settings.nodes());
    }

    private void follow(String document, LiveSettings<?> settings) {
        Gauge.builder("migpool_config_valid", settings, live -> live.status().isValid() ? 1 : 0)
                .tag("document", document)
                .description("Whether the latest version of the document is in force")
                .register(registry);
    }

    @Override
    public void created(Slice slice, Duration took, Optional<GpuErrorCode> failure) {
        mutation(
                "migpool_instance_create_seconds",
                "Time that the driver takes to create a MIG instance",
                slice,
                took,
                failure);
    }

    @Override
    public void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure) {
        mutation("migpool_instance_destroy_seconds", "Time to destroy a MIG instance", slice, took, failure);
    }

    private void mutation(String name, String description, Slice slice, Duration took, Optional<GpuErrorCode> failure) {
        String result =
                failure.map(code -> code.name().toLowerCase(Locale.ROOT)).orElse(OK);
        record(seconds(name, description, Tags.of("profile", slice.profile().toString(), "result", result)), took);
    }

    @Override
    public void reused(Slice slice) {
        Counter.builder("migpool_instance_reuse")
                .description("Idle MIG instances reused by another pod without being recreated")
                .tag("profile", slice.profile().toString())
                .register(registry)
                .increment();
    }

    @Override
    public void allocated(Duration took, Optional<String> failure) {
        record(allocations(failure.orElse(OK)), took);
    }

    private DistributionSummary allocations(String result) {
        return seconds("migpool_allocate_seconds", "Time to answer Allocate", Tags.of("result", result));
    }

    @Override
    public void prepared(Duration took, Optional<String> failure) {
        record(starts(failure.orElse(OK)), took);
    }

    private DistributionSummary starts(String result) {
        return seconds("migpool_prestart_seconds", "Time to answer PreStartContainer", Tags.of("result", result));
    }

    @Override
    public void registered(Optional<String> failure) {
        Counter.builder("migpool_kubelet_registrations")
                .description("Registrations with kubelet")
                .tag("result", failure.orElse(OK))
                .register(registry)
                .increment();
    }

    @Override
    public void xid(String gpuUuid, long xid, boolean counted) {
        Counter.builder("migpool_xids")
                .description("Errors that the driver reported, by Xid number; those that do not count cause no action")
                .tag("device_uuid", gpuUuid)
                .tag("xid", Long.toString(xid))
                .tag("counted", Boolean.toString(counted))
                .register(registry)
                .increment();
    }

    private DistributionSummary seconds(String name, String description, Tags tags) {
        return DistributionSummary.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(BUCKETS_SECONDS)
                .register(registry);
    }

    private static void record(DistributionSummary summary, Duration took) {
        summary.record(took.toNanos() / 1e9);
    }
}
