package io.migpool.extender.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Histograms {@code migpool_filter_seconds}, {@code …_prioritize_…}, {@code …_bind_…}, {@code …_preempt_…} by result. */
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

    /** A verb of the extender. */
    public enum Verb {
        /** Finds nodes. */
        FILTER,
        /** Scores nodes. */
        PRIORITIZE,
        /** Binds. */
        BIND,
        /** Judges evictions. */
        PREEMPT
    }

    private final MeterRegistry registry;

    public VerbMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Counts one call.
     *
     * @param result one of few words
     * @param nanos how long it took
     */
    public void record(Verb verb, String result, long nanos) {
        Timer.builder("migpool_" + verb.name().toLowerCase(Locale.ROOT))
                .description("Duration of the extender verb")
                .tag("result", result.toLowerCase(Locale.ROOT))
                .serviceLevelObjectives(BOUNDS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }
}
