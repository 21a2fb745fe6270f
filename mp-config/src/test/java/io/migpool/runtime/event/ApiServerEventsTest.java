package io.migpool.runtime.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
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

    private static final EventNotice NOTICE = new EventNotice(
            new EventSubject("Pod", "ns", "p", "uid"), EventSeverity.WARNING, "Reason", "Action", "a note");

    private final ConcurrentLinkedDeque<Integer> answers = new ConcurrentLinkedDeque<>();
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private KubernetesClient client;
    private ApiServerEvents events;

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
        events = new ApiServerEvents(client, "migpool.io/tester", "replica");
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    @Test
    void whatTheServerCannotTakeAtPresentIsWrittenAgain() {
        answers.addAll(List.of(503, 429, 500));

        events.write(NOTICE, Instant.EPOCH);

        assertThat(taken).singleElement().asString().contains("\"note\":\"a note\"");
    }

    /** A real API server refuses any longer. */
    @Test
    void aLongNameOfTheReporterIsCut() {
        new ApiServerEvents(client, "migpool.io/tester", "n".repeat(253)).write(NOTICE, Instant.EPOCH);

        assertThat(Serialization.unmarshal(taken.getFirst(), Event.class).getReportingInstance())
                .isEqualTo("n".repeat(128));
    }

    @Test
    void whatIsRefusedIsNotWrittenAgain() {
        answers.add(403);

        events.write(NOTICE, Instant.EPOCH);

        assertThat(answers).isEmpty();
        assertThat(taken).isEmpty();
    }

    @Test
    void theEventOfAnObjectWithoutNamespaceIsInTheDefaultOneAndNamesNoUidThatIsNotKnown() {
        EventNotice notice = new EventNotice(
                new EventSubject("Node", "", "n", ""), EventSeverity.NORMAL, "Reason", "Action", "a note");

        events.write(notice, Instant.parse("2026-05-04T12:00:00Z"));

        assertThat(taken).singleElement().satisfies(json -> assertThat(Serialization.unmarshal(json, Event.class))
                .isEqualTo(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withGenerateName("n.")
                        .endMetadata()
                        .withRegarding(new ObjectReferenceBuilder()
                                .withApiVersion("v1")
                                .withKind("Node")
                                .withName("n")
                                .build())
                        .withType("Normal")
                        .withReason("Reason")
                        .withAction("Action")
                        .withNote("a note")
                        .withEventTime(new MicroTime("2026-05-04T12:00:00.000000Z"))
                        .withReportingController("migpool.io/tester")
                        .withReportingInstance("replica")
                        .build()));
    }
}
