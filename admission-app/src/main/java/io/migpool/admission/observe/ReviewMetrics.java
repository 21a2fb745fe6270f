package io.migpool.admission.observe;

import static java.util.Objects.requireNonNull;

import io.helidon.metrics.api.Metrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.migpool.admission.review.ReviewAnswer.Outcome;
import io.migpool.admission.tls.CertificateKeeper;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Metrics: duration of reviews by outcome, expiry of the certificate, and whether the latest settings are in force. */
@ApplicationScoped
public class ReviewMetrics {

    private static final Duration[] BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofSeconds(1)
    };

    private final CertificateKeeper certificate;
    private final PoolSettings settings;
    private final Map<Outcome, Timer> durations = new EnumMap<>(Outcome.class);

    @Inject
    ReviewMetrics(CertificateKeeper certificate, PoolSettings settings) {
        this.certificate = certificate;
        this.settings = settings;
    }

    /** Registers every series at the start, so that a scrape sees zeros rather than gaps. */
    void register(@Observes @Initialized(ApplicationScoped.class) Object start) {
        MeterRegistry registry = Metrics.globalRegistry().unwrap(MeterRegistry.class);
        for (Outcome outcome : Outcome.values()) {
            durations.put(
                    outcome,
                    Timer.builder("migpool_admission_review_duration")
                            .description("Time taken to answer an AdmissionReview, by result")
                            .tag("result", outcome.name().toLowerCase(Locale.ROOT))
                            .serviceLevelObjectives(BUCKETS)
                            .register(registry));
        }
        Gauge.builder("migpool_admission_certificate_expiry", certificate, ReviewMetrics::expirySeconds)
                .description("When the serving certificate expires, in seconds since 1970; 0 without one")
                .baseUnit("seconds")
                .register(registry);
        follow(registry, "device-config", settings.devices());
        follow(registry, "node-config", settings.nodes());
    }

    private static void follow(MeterRegistry registry, String document, LiveSettings<?> settings) {
        Gauge.builder("migpool_config_valid", settings, live -> live.status().isValid() ? 1 : 0)
                .tag("document", document)
                .description("Whether the latest version of the document is in force")
                .register(registry);
    }

    /** Counts one review and the time that it took. */
    public void record(Outcome outcome, long nanoseconds) {
        requireNonNull(durations.get(outcome)).record(nanoseconds, TimeUnit.NANOSECONDS);
    }

    private static double expirySeconds(CertificateKeeper certificate) {
        return certificate.notAfter().map(Instant::getEpochSecond).orElse(0L);
    }
}
