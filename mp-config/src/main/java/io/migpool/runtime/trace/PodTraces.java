package io.migpool.runtime.trace;

import java.time.Instant;
import java.util.Map;
import org.eclipse.microprofile.config.Config;

/**
 * Reports work done for pods. Everything about one pod is one trace, whichever application reports it: the trace id is
 * the pod's uid without dashes, so applications need not pass it on. Methods return at once and do not throw.
 */
public interface PodTraces extends AutoCloseable {

    /** Key for the receiver of all signals. */
    String ENDPOINT = "otel.exporter.otlp.endpoint";

    /** Reports nothing. */
    PodTraces NONE = new PodTraces() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public void tell(TracedPod pod, Work work) {}

        @Override
        public void scheduled(TracedPod pod, Instant begin) {}

        @Override
        public void close() {}
    };

    /** Returns the defaults, by key. */
    static Map<String, String> defaults() {
        return Map.of(ENDPOINT, "");
    }

    /**
     * Connects to the receiver that {@code otel.exporter.otlp.endpoint} or {@code otel.exporter.otlp.traces.endpoint}
     * names, as a property or as environment variable {@code OTEL_…}; the other settings of OpenTelemetry's SDK apply
     * too.
     *
     * @param service name of the application, unless {@code otel.service.name} overrides it
     * @return {@link #NONE} if no receiver is named
     */
    static PodTraces open(Config config, String service) {
        boolean named = config.getOptionalValue(ENDPOINT, String.class)
                .or(() -> config.getOptionalValue("otel.exporter.otlp.traces.endpoint", String.class))
                .filter(endpoint -> !endpoint.isBlank())
                .isPresent();
        return named ? OtlpPodTraces.open(config, service) : NONE;
    }

    /** Returns whether there is a receiver; if not, callers need not gather what to report. */
    boolean isOn();

    /** Reports work that has just ended. */
    void tell(TracedPod pod, Work work);

    /**
     * Reports that a pod has its node now. This is the root span of the pod.
     *
     * @param begin when the scheduler first asked about it
     */
    void scheduled(TracedPod pod, Instant begin);

    /** Sends what has not been sent, for at most a few seconds. */
    @Override
    void close();
}
