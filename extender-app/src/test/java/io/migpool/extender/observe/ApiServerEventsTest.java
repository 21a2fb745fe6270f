package io.migpool.extender.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.observe.EventSink.Notice;
import io.migpool.extender.observe.EventSink.Subject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writing Events to an API server that does not always accept them. */
class ApiServerEventsTest {

    private static final Notice NOTICE =
            new Notice(new Subject("Pod", "ns", "p", "uid"), true, "Reason", "Action", "a note", Instant.EPOCH);

    private final ConcurrentLinkedDeque<Integer> answers = new ConcurrentLinkedDeque<>();
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Integer refusal = answers.poll();
            if (refusal == null) {
                taken.add(new String(body, StandardCharsets.UTF_8));
            }
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(refusal == null ? 201 : refusal, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .build())
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    @Test
    void whatTheServerCannotTakeAtPresentIsWrittenAgain() {
        answers.addAll(List.of(503, 429, 500));

        new ApiServerEvents(client, "replica").write(NOTICE);

        assertThat(taken).singleElement().asString().contains("\"note\":\"a note\"");
    }

    @Test
    void whatIsRefusedIsNotWrittenAgain() {
        answers.add(403);

        new ApiServerEvents(client, "replica").write(NOTICE);

        assertThat(answers).isEmpty();
        assertThat(taken).isEmpty();
    }
}
