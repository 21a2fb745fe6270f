package io.migpool.runtime.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.config.mp.MpConfigSources;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;

class PodTracesTest {

    private static final TracedPod POD = new TracedPod("0f9b2c1e-6a57-4d0e-8a3b-5c1d2e3f4a5b", "default", "web-0");

    @Test
    void withoutAReceiverNothingOfOpenTelemetryIsLoaded() throws Exception {
        Class<?> traces = Class.forName(PodTraces.class.getName(), true, new WithoutOpenTelemetry());
        Object opened = traces.getMethod("open", Config.class, String.class).invoke(null, config(Map.of()), "test");

        assertThat(traces.getMethod("isOn").invoke(opened)).isEqualTo(false);
        assertThat(traces.getClassLoader()).isInstanceOf(WithoutOpenTelemetry.class);
    }

    @Test
    void anEmptyEndpointIsNone() {
        assertThat(PodTraces.open(config(Map.of("otel.exporter.otlp.endpoint", " ")), "test"))
                .isSameAs(PodTraces.NONE);
    }

    @Test
    void whoeverTellsNeverWaitsForAReceiverThatIsAway() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        Config config = config(Map.of(
                "otel.exporter.otlp.endpoint", "http://127.0.0.1:" + free, "otel.exporter.otlp.timeout", "1000"));
        try (PodTraces traces = PodTraces.open(config, "test")) {
            assertThat(traces.isOn()).isTrue();
            for (int i = 0; i < 10_000; i++) {
                traces.tell(POD, new Work("filter", Instant.now(), Map.of(), ""));
            }
            traces.tell(new TracedPod("no uuid", "default", "web-0"), new Work("bind", Instant.now(), Map.of(), ""));
            traces.scheduled(POD, Instant.now());
        }
    }

    @Test
    void theIdsOfTheFirstSpanFollowFromTheUid() {
        PodSpanIds.Ids ids = PodSpanIds.of(POD.uid()).orElseThrow();
        assertThat(ids.trace()).isEqualTo("0f9b2c1e6a574d0e8a3b5c1d2e3f4a5b");
        assertThat(ids.span()).isEqualTo("8a3b5c1d2e3f4a5b");
        assertThat(PodSpanIds.of("00000000-0000-0000-0000-000000000000")).isEmpty();
        assertThat(PodSpanIds.of("")).isEmpty();

        IdGenerator generator = new PodSpanIds();
        AtomicReference<String> first = new AtomicReference<>("");
        PodSpanIds.with(ids, () -> first.set(generator.generateTraceId() + "/" + generator.generateSpanId()));
        assertThat(first.get()).isEqualTo(ids.trace() + "/" + ids.span());
        assertThat(generator.generateTraceId()).isNotEqualTo(ids.trace());
        assertThat(generator.generateSpanId()).isNotEqualTo(ids.span());
    }

    private static Config config(Map<String, String> properties) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(MpConfigSources.create(properties))
                .build();
    }

    /** Loads the package again without any class of OpenTelemetry, as in an application that does not have it. */
    private static final class WithoutOpenTelemetry extends ClassLoader {

        private WithoutOpenTelemetry() {
            super(PodTracesTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("io.opentelemetry.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith(PodTraces.class.getPackageName() + ".")) {
                return super.loadClass(name, resolve);
            }
            Class<?> known = findLoadedClass(name);
            return known == null ? define(name) : known;
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream file = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (file == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = file.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
