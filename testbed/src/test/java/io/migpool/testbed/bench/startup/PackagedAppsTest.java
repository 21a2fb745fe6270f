package io.migpool.testbed.bench.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jars as Maven packages them, started with {@code java -jar} as the README says; skipped where nothing is packaged. */
class PackagedAppsTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"extender-app, server.sockets.0.port", "admission-app, server.sockets.0.port"})
    void becomeReady(String module, String portKey) throws Exception {
        List<Path> jars = jars(Path.of("..", module, "target"), module);
        assumeTrue(jars.size() == 1, () -> module + " is not packaged; run mvn package before this test");
        int port = freePort();
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults())) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            Map<String, String> settings = Map.of(
                    "migpool.kubernetes.kubeconfig",
                    kubeconfig.toString(),
                    "migpool.admission.tls.mode",
                    "self",
                    "server.host",
                    "127.0.0.1",
                    "server.port",
                    "0",
                    portKey,
                    Integer.toString(port));

            try (AppProcess process = AppProcess.start(jars.getFirst(), settings, directory)) {
                assertThat(process.awaitReady(port)).isGreaterThan(Duration.ZERO);
            }
        }
    }

    private static List<Path> jars(Path target, String module) throws IOException {
        if (!Files.isDirectory(target)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches(module + "-.*\\.jar"))
                    .toList();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
