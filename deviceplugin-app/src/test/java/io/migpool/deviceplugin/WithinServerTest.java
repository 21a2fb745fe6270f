package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helidon.config.mp.MpConfigSources;
import io.helidon.microprofile.server.Server;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The agent lives within the life of the web server. If it counted while the server shows or removes its own figures,
 * the locks of Micrometer and Helidon would be taken in both orders, and neither would ever go on. A pipe in the place
 * of a file holds the agent up where it starts and where it stops.
 */
@EnabledOnOs(OS.LINUX)
class WithinServerTest {

    @TempDir
    Path directory;

    private int port;
    private Path state;

    @BeforeEach
    void prepare() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Files.createDirectories(directory.resolve("dp"));
        state = Files.createDirectories(directory.resolve("state"));
    }

    @Test
    void theAgentStartsWhenTheServerServesAlready() throws Exception {
        Path pipe = pipe("ownership.json");
        CompletableFuture<Server> starting = CompletableFuture.supplyAsync(this::boot);
        try {
            await().until(this::serves);
            assertThat(starting).as("the agent still reads").isNotDone();
        } finally {
            Files.writeString(pipe, "nothing that was ever owned");
            starting.join().stop();
        }
    }

    @Test
    void theAgentStopsWhileTheServerStillServes() throws Exception {
        Server server = boot();
        Path socket = directory.resolve("dp").resolve("migpool.sock");
        await().until(() -> Files.exists(socket));
        Path pipe = pipe("ownership.json.tmp");
        CompletableFuture<Void> stopping = CompletableFuture.runAsync(server::stop);
        try {
            await().until(() -> Files.notExists(socket));
            assertThat(serves())
                    .as("the agent has begun to stop, the server has not")
                    .isTrue();
            assertThat(stopping).as("the agent still writes").isNotDone();
        } finally {
            try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw")) {
                stopping.join();
                assertThat(reader.getFD().valid()).isTrue();
            }
        }
    }

    /** Made again while the agent happens to have a file of that name. */
    private Path pipe(String name) {
        Path pipe = state.resolve(name);
        await().ignoreExceptions()
                .until(() ->
                        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
        return pipe;
    }

    private boolean serves() throws InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/live"))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException refused) {
            return false;
        }
    }

    private Server boot() {
        Map<String, String> settings = new TreeMap<>();
        settings.put("config_ordinal", "1000");
        settings.put("server.port", Integer.toString(port));
        settings.put("server.host", "127.0.0.1");
        settings.put("mp.initializer.allow", "true");
        settings.put("migpool.config.source", "none");
        settings.put("migpool.kubernetes.kubeconfig", kubeconfig().toString());
        settings.put("migpool.node.name", "node-a");
        settings.put("migpool.pod-resources.socket", "none");
        settings.put("migpool.gpu.driver", "simulated");
        settings.put("migpool.simulated.boards", "NVIDIA A100-SXM4-80GB");
        Map.of(
                        "migpool.kubelet.device-plugin-dir", "dp",
                        "migpool.kubelet.pod-resources-socket", "pr.sock",
                        "migpool.cdi.directory", "cdi",
                        "migpool.state.directory", "state",
                        "migpool.hami-core.hook-path", "hook")
                .forEach(
                        (key, name) -> settings.put(key, directory.resolve(name).toString()));
        return Server.builder()
                .config(ConfigProviderResolver.instance()
                        .getBuilder()
                        .addDefaultSources()
                        .addDiscoveredSources()
                        .addDiscoveredConverters()
                        .withSources(MpConfigSources.create(settings))
                        .build())
                .build()
                .start();
    }

    /** Of an API server that does not answer. */
    private Path kubeconfig() {
        try {
            return Files.writeString(directory.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: test, cluster: {server: "http://127.0.0.1:1/"}}]
                    users: [{name: test, user: {}}]
                    contexts: [{name: test, context: {cluster: test, user: test}}]
                    current-context: test
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
