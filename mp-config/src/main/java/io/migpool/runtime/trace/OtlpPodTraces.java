package io.migpool.runtime.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** Sends spans by OTLP over HTTP, in batches, from a thread of the SDK; spans that do not fit its queue are dropped. */
final class OtlpPodTraces implements PodTraces {

    private static final String SETTINGS = "otel.";

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private OtlpPodTraces(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer("io.migpool");
    }

    static OtlpPodTraces open(Config config, String service) {
        Map<String, String> settings = settings(config, service);
        return new OtlpPodTraces(AutoConfiguredOpenTelemetrySdk.builder()
                .disableShutdownHook()
                .addPropertiesCustomizer(known -> settings)
                .addTracerProviderCustomizer((provider, known) -> provider.setIdGenerator(new PodSpanIds()))
                .build()
                .getOpenTelemetrySdk());
    }

    private static Map<String, String> settings(Config config, String service) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "otel.service.name", service,
                "otel.exporter.otlp.protocol", "http/protobuf",
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none"));
        for (String name : config.getPropertyNames()) {
            String key = name.toLowerCase(Locale.ROOT).replace('_', '.');
            if (key.startsWith(SETTINGS)) {
                config.getOptionalValue(key, String.class).ifPresent(value -> settings.put(key, value));
            }
        }
        return settings;
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public void tell(TracedPod pod, Work work) {
        PodSpanIds.of(pod.uid()).ifPresent(ids -> {
            SpanBuilder builder = tracer.spanBuilder(work.name())
                    .setParent(Context.root().with(Span.wrap(ids.asRemoteParent())))
                    .setStartTimestamp(work.begin());
            work.attributes().forEach(builder::setAttribute);
            Span span = about(pod, builder).startSpan();
            if (!work.failure().isEmpty()) {
                span.setStatus(StatusCode.ERROR, work.failure());
            }
            span.end();
        });
    }

    @Override
    public void scheduled(TracedPod pod, Instant begin) {
        Optional<PodSpanIds.Ids> ids = PodSpanIds.of(pod.uid());
        ids.ifPresent(own -> PodSpanIds.with(own, () -> about(pod, tracer.spanBuilder("schedule"))
                .setNoParent()
                .setStartTimestamp(begin)
                .startSpan()
                .end()));
    }

    private static SpanBuilder about(TracedPod pod, SpanBuilder builder) {
        return builder.setAttribute("k8s.pod.uid", pod.uid())
                .setAttribute("k8s.namespace.name", pod.namespace())
                .setAttribute("k8s.pod.name", pod.name());
    }

    @Override
    public void close() {
        sdk.close();
    }
}
