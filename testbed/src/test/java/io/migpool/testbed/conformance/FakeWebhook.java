package io.migpool.testbed.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.migpool.testbed.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A webhook over HTTPS that records the reviews and answers as the test specifies. */
final class FakeWebhook implements AutoCloseable {

    static final String ALLOWED = "{\"allowed\": true}";

    /** The reviews that came, in their order. */
    final List<JsonNode> reviews = new CopyOnWriteArrayList<>();

    /** Makes the {@code response} from a review; it gets the uid of the request unless it has one. */
    volatile Function<JsonNode, String> onReview = review -> ALLOWED;

    volatile int status = 200;

    private final JsonMapper json = JsonMapper.builder().build();
    private final SelfSigned certificate;
    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    FakeWebhook(Path directory) throws IOException, InterruptedException, GeneralSecurityException {
        certificate = SelfSigned.create(directory, "ip:127.0.0.1");
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.server()));
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Returns a response that patches the object. */
    static String patch(String operations) {
        return "{\"allowed\": true, \"patchType\": \"JSONPatch\", \"patch\": \"%s\"}"
                .formatted(Base64.getEncoder().encodeToString(operations.getBytes(StandardCharsets.UTF_8)));
    }

    String url() {
        return "https://127.0.0.1:" + server.getAddress().getPort() + "/review";
    }

    String caBundle() throws GeneralSecurityException {
        return certificate.certificate();
    }

    /** Returns the one request that came for an object of this name. */
    JsonNode requestFor(String name) {
        List<JsonNode> requests = reviews.stream()
                .map(review -> review.path("request"))
                .filter(request -> request.path("name").asText().equals(name))
                .toList();
        if (requests.size() != 1) {
            throw new AssertionError("%d reviews of %s, not 1".formatted(requests.size(), name));
        }
        return requests.getFirst();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode review = json.readTree(exchange.getRequestBody());
            reviews.add(review);
            ObjectNode answer = json.createObjectNode().put("apiVersion", "admission.k8s.io/v1");
            ObjectNode response = (ObjectNode) json.readTree(onReview.apply(review));
            if (!response.has("uid")) {
                response.put("uid", review.at("/request/uid").asText());
            }
            byte[] body =
                    json.writeValueAsBytes(answer.put("kind", "AdmissionReview").set("response", response));
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
