package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SocketWatchTest {

    @TempDir
    Path directory;

    @Test
    void aFileThatComesRaisesTheSignal() throws Exception {
        Signal signal = new Signal();
        try (SocketWatch watch = SocketWatch.of(directory, signal)) {
            assertThat(watch).hasToString(directory.toString());
            Files.createFile(directory.resolve("kubelet.sock"));

            signal.await(Duration.ofHours(1));
        }
    }

    /** Whoever watches has a periodic check as well. */
    @Test
    void aMachineThatIsOutOfThreadsIsOnlyNotWatched() {
        AtomicReference<Runnable> task = new AtomicReference<>();
        try (SocketWatch watch = SocketWatch.of(directory, new Signal(), watching -> {
            task.set(watching);
            return new Thread(watching) {
                @Override
                public void start() {
                    throw new OutOfMemoryError("unable to create native thread");
                }
            };
        })) {
            assertThat(watch).hasToString(directory.toString());
            // Returns at once: the service was closed.
            task.get().run();
        }
    }
}
