package io.migpool.extender;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.helidon.metrics.api.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.migpool.extender.observe.PodEvents;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.observe.VerbTraces;
import io.migpool.runtime.Closing;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.trace.PodTraces;
import java.time.InstantSource;
import org.eclipse.microprofile.config.Config;

/** The observers' side of the extender: its metrics, Events and traces. */
final class ReportingSide {

    private final MeterRegistry registry = Metrics.globalRegistry().unwrap(MeterRegistry.class);
    private final EventRecorder recorder;
    private final PodEvents podEvents;
    private final VerbMetrics verbMetrics;
    private final VerbTraces verbTraces;

    /**
     * Starts the recorder of Events and the exporter of traces.
     *
     * @param instance name of this replica in Events
     * @param closing closes what this side starts
     */
    ReportingSide(
            Config config,
            KubernetesClient client,
            String instance,
            InstantSource wall,
            InstantSource clock,
            Closing closing) {
        PodTraces traces = closing.add(PodTraces.open(config, "migpool-extender"));
        recorder = closing.add(EventRecorder.start(client, "migpool.io/extender", instance, wall, clock));
        podEvents = new PodEvents(recorder);
        verbMetrics = new VerbMetrics(registry);
        verbTraces = new VerbTraces(traces, wall);
    }

    MeterRegistry registry() {
        return registry;
    }

    EventRecorder recorder() {
        return recorder;
    }

    PodEvents podEvents() {
        return podEvents;
    }

    VerbMetrics verbMetrics() {
        return verbMetrics;
    }

    VerbTraces verbTraces() {
        return verbTraces;
    }
}
