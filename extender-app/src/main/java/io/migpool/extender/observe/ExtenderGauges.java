package io.migpool.extender.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.reservation.Filter;
import io.migpool.extender.reservation.Hold;
import io.migpool.extender.reservation.HoldBook;
import io.migpool.extender.reservation.WaitingPods;
import io.migpool.runtime.event.EventRecorder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Gauges on the state of the extender itself: what it knows, what it holds, how far it lags behind. */
public final class ExtenderGauges {

    private static final String UNKNOWN = "unknown";
    private static final double MILLIS_PER_SECOND = 1e3;

    private ExtenderGauges() {}

    /** Registers the gauges, for the life of the registry. */
    public static void show(MeterRegistry registry, ClusterState cluster, HoldBook book, InstantSource clock) {
        for (Hold.State state : Hold.State.values()) {
            Gauge.builder("migpool_holds", book, b -> b.all().stream()
                            .filter(hold -> hold.state() == state)
                            .count())
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .description("Reservations held for pods from filter until the cluster view shows them")
                    .register(registry);
        }
        Gauge.builder("migpool_sync_lag_seconds", book, b -> lagSeconds(b, clock))
                .description("When the oldest pod bound here was bound that the cluster view does not show yet")
                .register(registry);
        known(registry, cluster, "nodes", c -> c.nodes().size());
        known(registry, cluster, "pods", c -> c.pods().size());
        known(registry, cluster, "quotas", c -> c.quotas().size());
        FunctionCounter.builder("migpool_malformed_annotations", cluster, ClusterState::malformedAnnotations)
                .description("Annotations of pods and nodes that were malformed or inconsistent")
                .register(registry);
        Gauge.builder("migpool_double_booked_pods", cluster, ClusterState::doubleBooked)
                .description("Bound pods with MIG slices that another pod also has")
                .register(registry);
        Gauge.builder("migpool_synced", cluster, c -> c.synced() ? 1 : 0)
                .description("Whether nodes, pods, quotas and namespaces have all been read")
                .register(registry);
        Gauge.builder("hami_build_info", () -> 1)
                .description("Always 1; the build is in the labels")
                .tag("version", orUnknown(ExtenderGauges.class.getPackage().getImplementationVersion()))
                .tag("revision", UNKNOWN)
                .tag("build_date", UNKNOWN)
                .tag("go_version", "java " + Runtime.version().feature())
                .tag("compiler", "javac")
                .tag(
                        "platform",
                        orUnknown(System.getProperty("os.name")) + "/" + orUnknown(System.getProperty("os.arch")))
                .register(registry);
    }

    /** Registers the fill levels of the bounded queue and caches. */
    public static void show(MeterRegistry registry, EventRecorder events, WaitingPods waiting, Filter filter) {
        Gauge.builder("migpool_queued_events", events, EventRecorder::waiting)
                .description("Events waiting to be written, at most 1024")
                .register(registry);
        FunctionCounter.builder("migpool_dropped_events", events, EventRecorder::dropped)
                .description("Events dropped because the queue was full")
                .register(registry);
        Gauge.builder("migpool_waiting_pods", waiting, WaitingPods::size)
                .description("Pods that fit no node and are watched for room, at most 1024")
                .register(registry);
        Gauge.builder("migpool_remembered_plans", filter, Filter::remembered)
                .description("Remembered outcomes of planning a pod shape on a node, at most 400000")
                .register(registry);
    }

    private static void known(
            MeterRegistry registry, ClusterState cluster, String kind, ToDoubleFunction<ClusterState> count) {
        Gauge.builder("migpool_known_objects", cluster, count)
                .tag("kind", kind)
                .description(
                        "Cluster objects kept in memory: all nodes, pods that ask for GPUs, namespaces with a quota")
                .register(registry);
    }

    private static double lagSeconds(HoldBook book, InstantSource clock) {
        return book.all().stream()
                .filter(hold -> hold.state() == Hold.State.COMMITTED)
                .mapToLong(
                        hold -> Duration.between(hold.since(), clock.instant()).toMillis())
                .max()
                .stream()
                .mapToDouble(millis -> millis / MILLIS_PER_SECOND)
                .findFirst()
                .orElse(0);
    }

    private static String orUnknown(@Nullable String text) {
        return text == null || text.isBlank() ? UNKNOWN : text;
    }
}
