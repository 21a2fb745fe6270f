package io.migpool.testbed.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerProcessTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(200);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @Test
    void aServerThatEndsBeforeItIsReadyIsReportedWithWhatItWrote() throws Exception {
        try (ServerProcess server = start("echo 'listen: address already in use'; exit 3", LONG)) {
            assertThatThrownBy(() -> server.awaitReady(() -> false, LONG))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("server ended with status 3 before it was ready")
                    .hasMessageContaining("listen: address already in use");
        }
    }

    @Test
    void aServerThatIsNotReadyInTimeIsReportedWithTheLastFailure() throws Exception {
        try (ServerProcess server = start("echo waiting; exec sleep 600", LONG)) {
            assertThatThrownBy(() -> server.awaitReady(
                            () -> {
                                throw new IOException("connection refused");
                            },
                            SHORT))
                    .hasMessageContaining("server is not ready after")
                    .hasMessageContaining("connection refused");
        }
    }

    @Test
    void aServerThatBecomesReadyRunsUntilItIsToldToEnd() throws Exception {
        Path ended = directory.resolve("ended");
        Path ready = directory.resolve("ready");
        ServerProcess server = start(
                "trap 'touch %s; exit 0' TERM; touch %s; while :; do sleep 0.1; done".formatted(ended, ready), LONG);

        server.awaitReady(() -> Files.exists(ready), LONG);
        assertThat(server.isAlive()).isTrue();
        server.close();

        assertThat(server.isAlive()).isFalse();
        assertThat(ended).exists();
    }

    @Test
    void aServerThatDoesNotListenIsKilled() throws Exception {
        Path ready = directory.resolve("ready");
        ServerProcess server = start("trap '' TERM; touch %s; while :; do sleep 0.1; done".formatted(ready), SHORT);
        server.awaitReady(() -> Files.exists(ready), LONG);

        server.close();

        await().atMost(LONG).until(() -> !server.isAlive());
    }

    @Test
    void aProgramThatIsNoneIsRefused() {
        assertThatThrownBy(() ->
                        ServerProcess.start(List.of(directory.resolve("nothing").toString()), directory, LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nothing");
    }

    private ServerProcess start(String script, Duration stopLimit) throws IOException {
        Path program = StandIn.script(directory.resolve("server"), script);
        return ServerProcess.start(List.of(program.toString()), directory, stopLimit);
    }
}
