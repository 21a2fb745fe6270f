package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.testbed.TestApi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The output of a process with JSON logging, from its first line on. */
class LogFormatTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    private Path directory;

    @Test
    void everyLineIsAnObject() throws Exception {
        try (TestApi api = new TestApi()) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            try (AppProcess extender = AppProcess.start(
                    AppKind.EXTENDER,
                    Map.of(
                            "migpool.log.format", "json",
                            "migpool.kubernetes.kubeconfig", kubeconfig.toString(),
                            "migpool.config.source", "none",
                            "server.sockets.0.name", "admin",
                            "server.sockets.0.port", "0"),
                    directory.resolve("app"))) {
                await("it has told where the cluster is")
                        .atMost(Duration.ofMinutes(2))
                        .until(() -> extender.log().contains("follows the cluster at"));
                extender.kill();

                List<String> lines = extender.log().lines().toList();
                assertThat(lines).isNotEmpty();
                for (String line : lines) {
                    JsonNode object = JSON.readTree(line);
                    assertThat(object.has("time")).as(line).isTrue();
                    assertThat(object.path("level").asText()).as(line).isNotEmpty();
                    assertThat(object.path("message").isTextual()).as(line).isTrue();
                }
            }
        }
    }
}
