package io.migpool.runtime.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchTest {

    private static final String EMPTY_LIST = """
            {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"resourceVersion": "1"}, "items": []}""";

    private static final String TOO_OLD = """
            {"type": "ERROR", "object": {"apiVersion": "v1", "kind": "Status", "reason": "Expired", "code": 410}}
            """;

    private final Logger logger = Logger.getLogger(Watch.class.getName());
    private final List<Level> logged = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            logged.add(line.getLevel());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean listing;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        logger.addHandler(handler);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        logger.removeHandler(handler);
    }

    /** Answers one list when told to, and ends every watch as too old, so that its client lists again. */
    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true")) {
                send(exchange, TOO_OLD);
            } else if (listing) {
                listing = false;
                send(exchange, EMPTY_LIST);
            } else {
                refused.incrementAndGet();
                exchange.sendResponseHeaders(HttpURLConnection.HTTP_UNAVAILABLE, -1);
            }
        }
    }

    private static void send(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Test
    void anOutageIsLoggedOnceAndItsEndToo() {
        List<String> listed = new CopyOnWriteArrayList<>();
        try (KubernetesClient client = client();
                Watch<ConfigMap> watch = new Watch<>(
                                "ConfigMaps",
                                client.configMaps().inAnyNamespace().runnableInformer(0))
                        .listen(changed -> {}, gone -> {}, listed::add)
                        .start()) {
            await().until(() -> refused.get() > 3);
            assertThat(watch.failure())
                    .hasValueSatisfying(reason -> assertThat(reason).contains("Service Unavailable"));
            assertThat(logged).containsExactly(Level.WARNING);

            listing = true;
            await().until(() -> !listed.isEmpty());
            int before = refused.get();
            await().until(() -> refused.get() > before + 3);
        }
        assertThat(logged).containsExactly(Level.WARNING, Level.INFO, Level.WARNING);
    }

    private KubernetesClient client() {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withHttp2Disable(true)
                        .withRequestRetryBackoffLimit(0)
                        .withWatchReconnectInterval(10)
                        .build())
                .build();
    }

    @Test
    void anObjectRecreatedUnderItsNameIsAnotherObject() {
        List<String> told = new ArrayList<>();
        Watch.Changes<ConfigMap> changes = new Watch.Changes<>(
                object -> told.add("changed " + object.getMetadata().getUid()),
                object -> told.add("gone " + object.getMetadata().getUid()),
                version -> told.add("listed " + version));

        changes.onAdd(configMap("a"));
        changes.onUpdate(configMap("a"), configMap("a"));
        changes.onUpdate(configMap("a"), configMap("b"));
        changes.onList("7", false);
        changes.onDelete(configMap("b"), true);

        assertThat(told).containsExactly("changed a", "changed a", "gone a", "changed b", "listed 7", "gone b");
    }

    private static ConfigMap configMap(String uid) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName("same")
                .withUid(uid)
                .endMetadata()
                .build();
    }
}
