package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application as a process that is terminated, as kubelet does it. */
class ShutdownTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern VERBS = Pattern.compile(":(\\d+) bound for socket '@default'");
    private static final Pattern ADMIN = Pattern.compile(":(\\d+) bound for socket 'admin'");
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path directory;

    private @Nullable Process process;

    @AfterEach
    void end() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void aBindUnderWayIsBroughtToItsEndAndAnswered() throws Exception {
        try (TestCluster cluster = new TestCluster();
                HttpClient http = HttpClient.newHttpClient()) {
            cluster.put(KubernetesObjects.node("node-a", Boards.a10080("GPU-a", 0)));
            Pod pod = cluster.put(KubernetesObjects.pod("late", "gpu", "1", "gpumem", "8000"));
            Path log = directory.resolve("log");
            Process running = start(cluster, log);
            HttpRequest ready = request(port(log, ADMIN), "/health/ready").build();
            await().until(() -> http.send(ready, BodyHandlers.ofString()).statusCode() == 200);
            int verbs = port(log, VERBS);
            http.send(post(verbs, "/filter", filter(pod)), BodyHandlers.ofString());

            // The first attempt lasts until its time-out, which is longer than Helidon waits by default.
            cluster.loseNextBinding();
            CompletableFuture<HttpResponse<String>> answer =
                    http.sendAsync(post(verbs, "/bind", bind(pod)), BodyHandlers.ofString());
            await().until(cluster::allFaultsHaveHit);
            running.destroy();

            assertThat(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS).body()).isEqualTo("{\"Error\":\"\"}");
            assertThat(cluster.current(pod).getSpec().getNodeName()).isEqualTo("node-a");
            assertThat(running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Process start(TestCluster cluster, Path log) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ExtenderMain.class.getName());
        builder.environment()
                .putAll(Map.of(
                        "SERVER_PORT", "0",
                        "SERVER_SOCKETS_0_PORT", "0",
                        "MIGPOOL_CONFIG_SOURCE", "none",
                        // A machine that stalls for a while must not make the second attempt too late.
                        "MIGPOOL_EXTENDER_BIND_RETRY", "PT1M",
                        "MIGPOOL_KUBERNETES_KUBECONFIG",
                                cluster.kubeconfig(directory.resolve("kubeconfig"))
                                        .toString()));
        Process started =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        process = started;
        return started;
    }

    private static int port(Path log, Pattern socket) {
        return Integer.parseInt(await().until(() -> socket.matcher(Files.readString(log)), Matcher::find)
                .group(1));
    }

    private static ObjectNode filter(Pod pod) {
        ObjectNode args = JSON.createObjectNode();
        args.set("Pod", JSON.valueToTree(pod));
        args.set("NodeNames", JSON.valueToTree(List.of("node-a")));
        return args;
    }

    private static ObjectNode bind(Pod pod) {
        return JSON.createObjectNode()
                .put("PodName", pod.getMetadata().getName())
                .put("PodNamespace", pod.getMetadata().getNamespace())
                .put("PodUID", pod.getMetadata().getUid())
                .put("Node", "node-a");
    }

    private static HttpRequest post(int port, String path, JsonNode body) {
        return request(port, path)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }
}
