package io.migpool.extender.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.cluster.PodKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Wake-ups over HTTP. */
class ApiServerWakeUpsTest {

    @Test
    void aPodIsWokenByOneRequest() throws Exception {
        List<String> requests = new CopyOnWriteArrayList<>();
        List<String> bodies = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Content-Type"));
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] pod = "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\"}}"
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, pod.length);
            exchange.getResponseBody().write(pod);
            exchange.close();
        });
        server.start();
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .build())
                .build()) {
            new ApiServerWakeUps(client, Duration.ofSeconds(30))
                    .wake(new PodKey("uid-1", "ns", "p"), Instant.parse("2026-01-01T00:00:00Z"));
        } finally {
            server.stop(0);
        }
        assertThat(requests)
                .singleElement()
                .asString()
                .startsWith("PATCH /api/v1/namespaces/ns/pods/p/status")
                .contains("application/merge-patch+json");
        assertThat(JsonMapper.builder().build().readTree(bodies.getFirst()))
                .isEqualTo(
                        JsonMapper.builder()
                                .build()
                                .readTree(
                                        "{\"metadata\":{\"uid\":\"uid-1\",\"annotations\":{\"migpool.io/room-seen\":\"2026-01-01T00:00:00Z\"}}}"));
    }
}
