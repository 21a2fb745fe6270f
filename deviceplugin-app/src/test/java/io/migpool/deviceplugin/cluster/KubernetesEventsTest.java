package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Events and an API server that does not always take them. */
class KubernetesEventsTest {

    @Test
    void whatTheServerCannotTakeAtPresentIsSentAgainAndWhatItRefusesIsNot() throws Exception {
        ConcurrentLinkedDeque<Integer> answers = new ConcurrentLinkedDeque<>(List.of(503, 429, 500, 201, 403, 201));
        List<String> taken = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int answer = answers.remove();
            if (answer == 201) {
                taken.add(new String(body, StandardCharsets.UTF_8));
            }
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        // As the agent's client is set up: it repeats nothing by itself.
        try (KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder()
                                .withMasterUrl("http://127.0.0.1:"
                                        + server.getAddress().getPort())
                                .withRequestRetryBackoffLimit(0)
                                .build())
                        .build();
                KubernetesEvents events = new KubernetesEvents(client, "node-a", Clock.systemUTC())) {
            events.start();
            Events.PodRef pod = new Events.PodRef("ns", "p", Optional.of("uid"));
            events.warnPod(pod, "PlacementMoved", "first");
            events.warnPod(pod, "PlacementMoved", "refused");
            events.warnPod(pod, "PlacementMoved", "last");

            await().until(answers::isEmpty);
            await().untilAsserted(() -> assertThat(taken).hasSize(2));
        } finally {
            server.stop(0);
        }
        assertThat(taken.getFirst()).contains("\"note\":\"first\"");
        assertThat(taken.getLast()).contains("\"note\":\"last\"");
    }
}
