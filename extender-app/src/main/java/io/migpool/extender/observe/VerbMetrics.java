package io.migpool.extender.observe;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.migpool.extender.pool.ReasonCode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Histograms {@code migpool_filter_seconds}, {@code …_prioritize_…}, {@code …_bind_…}, {@code …_preempt_…} by result, and the
 * counter {@code migpool_refusals_total} by kind of reason. All are registered up front: the registry must not be asked for
 * new ones while the server stops, and a scrape should see zeros rather than gaps.
 */
public final class VerbMetrics {

    private static final Duration[] BOUNDS = {
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    /** The result of a call. */
    public enum Call {
        /** Filter: the pod asks for no GPU. */
        FILTER_PASSTHROUGH,
        /** Filter: some nodes take the pod. */
        FILTER_PLACED,
        /** Filter: no node takes the pod. */
        FILTER_REFUSED,
        /** Filter: no decision is possible now. */
        FILTER_RETRY,
        /** Filter: the request is malformed or lacks the pod. */
        FILTER_INVALID,
        /** Filter: it failed, which must not happen. */
        FILTER_ERROR,
        /** Prioritize: the nodes were scored. */
        PRIORITIZE_SCORED,
        /** Prioritize: the request is malformed. */
        PRIORITIZE_INVALID,
        /** Prioritize: it failed, which must not happen. */
        PRIORITIZE_ERROR,
        /** Bind: the pod is bound. */
        BIND_BOUND,
        /** Bind: the pod is not bound. */
        BIND_FAILED,
        /** Bind: the request is malformed or does not name pod and node. */
        BIND_INVALID,
        /** Bind: it failed, which must not happen. */
        BIND_ERROR,
        /** Preempt: some victims would help. */
        PREEMPT_KEPT,
        /** Preempt: no victims would help. */
        PREEMPT_NONE,
        /** Preempt: the request is malformed or lacks the pod. */
        PREEMPT_INVALID,
        /** Preempt: it failed, which must not happen. */
        PREEMPT_ERROR;

        private String verb() {
            return name().substring(0, name().indexOf('_')).toLowerCase(Locale.ROOT);
        }

        private String result() {
            return name().substring(name().indexOf('_') + 1).toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Call, Timer> calls = new EnumMap<>(Call.class);
    private final Map<ReasonCode, Counter> refusals = new EnumMap<>(ReasonCode.class);

    public VerbMetrics(MeterRegistry registry) {
        for (Call call : Call.values()) {
            calls.put(
                    call,
                    Timer.builder("migpool_" + call.verb())
                            .description("Duration of the extender verb")
                            .tag("result", call.result())
                            .serviceLevelObjectives(BOUNDS)
                            .register(registry));
        }
        for (ReasonCode code : ReasonCode.values()) {
            refusals.put(
                    code,
                    Counter.builder("migpool_refusals")
                            .description(
                                    "Filter calls without a fitting node, by the reason of the node that came closest")
                            .tag("code", code.name())
                            .register(registry));
        }
    }

    /**
     * Counts one call.
     *
     * @param nanos how long it took
     */
    public void record(Call call, long nanos) {
        requireNonNull(calls.get(call)).record(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Counts a pod that no node takes, each time that the scheduler asks.
     *
     * @param closest kind of reason of the node that came closest
     */
    public void refused(ReasonCode closest) {
        requireNonNull(refusals.get(closest)).increment();
    }
}
