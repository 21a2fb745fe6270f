package io.migpool.deviceplugin.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by the extension
    private Path parent;

    @Test
    void bothKindsOfContainersReallyStartOnTheStage() throws Exception {
        try (Stage stage = Stage.build(parent, InstantSource.system())) {
            Path file = content(parent).getFirst().resolve("cdi").resolve("migpool.io-gpu-mp-000.json");

            stage.startCut("first", 6);
            assertThat(file).content().contains("NVIDIA_VISIBLE_DEVICES=MIG-");

            stage.startShared("second");
            assertThat(file)
                    .content()
                    .contains("NVIDIA_VISIBLE_DEVICES=" + RehearsedCluster.SHARED_GPU)
                    .contains("CUDA_DEVICE_MEMORY_LIMIT_0=1024m");

            for (int round = 0; round < 6; round++) {
                stage.play(round);
            }
        }
        assertThat(content(parent)).isEmpty();
    }

    @Test
    void nothingOfItIsLeftAndNothingIsLogged() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.migpool");
        logger.addHandler(handler);
        try (Rehearsal rehearsal = Rehearsal.start(parent, InstantSource.system())) {
            rehearsal.await();
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(content(parent)).isEmpty();
        assertThat(lines).isEmpty();
    }

    @Test
    void withoutAPlaceForItTheAgentStartsAllTheSame() {
        try (Rehearsal rehearsal = Rehearsal.start(parent.resolve("missing"), InstantSource.system())) {
            rehearsal.await();
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void nobodyWaitsForOneThatHangs() throws Exception {
        CountDownLatch hang = new CountDownLatch(1);
        Rehearsal rehearsal = Rehearsal.start(parent, () -> hanging(hang));
        try {
            Thread agent = Thread.ofVirtual().start(rehearsal::await);
            await().until(() -> !agent.isAlive());
            assertThat(content(parent)).as("it still hangs").hasSize(1);
        } finally {
            hang.countDown();
            rehearsal.close();
        }
        assertThat(content(parent)).isEmpty();
    }

    private static List<Path> content(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    /** Whoever asks for the time waits for the latch. */
    private static Instant hanging(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Instant.EPOCH;
    }
}
