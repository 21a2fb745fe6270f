package io.migpool.runtime.trace;

import java.time.Instant;
import java.util.Map;
import org.eclipse.microprofile.config.Config;

/**
 * Tells what is done for pods. All that concerns one pod is one trace, whichever application tells it: the trace's id is the
 * pod's uid without dashes, so nothing has to be handed on between them. Returns at once; nothing is thrown at whoever tells.
 */
public interface PodTraces extends AutoCloseable {

    /** Key of the receiver of all signals. */
    String ENDPOINT = "otel.exporter.otlp.endpoint";

    /** Tells nobody. */
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

    /** What holds for the keys that nobody sets, by key. */
    static Map<String, String> defaults() {
        return Map.of(ENDPOINT, "");
    }

    /**
     * Opens the way to the receiver that {@code otel.exporter.otlp.endpoint} or {@code otel.exporter.otlp.traces.endpoint}
     * names, as a property or as environment variable {@code OTEL_…}; the other settings of OpenTelemetry's SDK hold too.
     *
     * @param service name of the application, unless {@code otel.service.name} says another
     * @return {@link #NONE} if no receiver is named
     */
    static PodTraces open(Config config, String service) {
        boolean named = config.getOptionalValue(ENDPOINT, String.class)
                .or(() -> config.getOptionalValue("otel.exporter.otlp.traces.endpoint", String.class))
                .filter(endpoint -> !endpoint.isBlank())
                .isPresent();
        return named ? OtlpPodTraces.open(config, service) : NONE;
    }

    /** Whether anybody listens; if not, nobody need gather what to tell. */
    boolean isOn();

    /** Tells what was done and is over now. */
    void tell(TracedPod pod, Work work);

    /**
     * Tells that a pod has its node now. That is the span under which all others of the pod stand.
     *
     * @param begin when the scheduler first asked about it
     */
    void scheduled(TracedPod pod, Instant begin);

    /** Sends what has not been sent, for some seconds at most. */
    @Override
    void close();
}
