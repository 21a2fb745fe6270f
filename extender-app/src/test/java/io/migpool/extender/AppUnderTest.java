package io.migpool.extender;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.helidon.config.mp.MpConfigSources;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.Reservation;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** The application that a test runs, the API server it follows, and a client of it. */
final class AppUnderTest implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final TestCluster cluster = new TestCluster();
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable ServerCdiExtension server;

    /** Two nodes: one with a MIG GPU, one with a GPU that is shared in software. */
    AppUnderTest() {
        cluster.put(KubernetesObjects.node("node-a", Boards.a10080("GPU-a", 0)));
        cluster.put(KubernetesObjects.node("node-b", Boards.shared("GPU-b", 0, 10, 81920)));
    }

    TestCluster cluster() {
        return cluster;
    }

    /** Points the application to the API server. */
    ConfigSource kubeconfig() throws IOException {
        Path file = Files.createTempFile("kubeconfig", ".yaml");
        file.toFile().deleteOnExit();
        return MpConfigSources.create(Map.of(
                "migpool.kubernetes.kubeconfig",
                cluster.kubeconfig(file).toString(),
                // A machine that stalls for a while must not make a bind too late.
                "migpool.extender.bind-retry",
                "PT1M"));
    }

    void awaitReady(ServerCdiExtension running) {
        server = running;
        await().until(() -> get("/health/ready").statusCode() == 200);
    }

    @Override
    public void close() {
        http.close();
        cluster.close();
    }

    Pod podAtServer(String... limits) {
        return cluster.put(
                KubernetesObjects.pod("pod-" + UUID.randomUUID().toString().substring(0, 8), limits));
    }

    ObjectNode args(Pod pod, String... names) {
        ObjectNode args = JSON.createObjectNode();
        args.set("Pod", JSON.valueToTree(pod));
        args.putNull("Nodes");
        args.set("NodeNames", JSON.valueToTree(names));
        return args;
    }

    String bind(Pod pod, String node) throws Exception {
        return post(
                        "/bind",
                        JSON.createObjectNode()
                                .put("PodName", pod.getMetadata().getName())
                                .put("PodNamespace", pod.getMetadata().getNamespace())
                                .put("PodUID", pod.getMetadata().getUid())
                                .put("Node", node))
                .get("Error")
                .asText();
    }

    /** Returns with what the pod was bound. */
    Reservation reservation(Pod pod) throws MalformedAnnotationException {
        return Reservation.fromAnnotations(cluster.current(pod).getMetadata().getAnnotations())
                .orElseThrow();
    }

    JsonNode post(String path, JsonNode body) throws Exception {
        HttpResponse<String> response = send(verbs(path).POST(HttpRequest.BodyPublishers.ofString(body.toString())));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(admin(path));
    }

    HttpRequest.Builder verbs(String path) {
        return request(requireNonNull(server).port(), path);
    }

    HttpRequest.Builder admin(String path) {
        return request(requireNonNull(server).port("admin"), path);
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
