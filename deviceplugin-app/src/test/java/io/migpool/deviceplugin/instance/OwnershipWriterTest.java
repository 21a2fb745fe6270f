package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnershipWriterTest {

    @TempDir
    Path directory;

    @Test
    void anUnforeseenFailureIsToldToWhoeverWaitsAndEndsNothing() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        OwnershipFile file = new OwnershipFile(directory);
        try (OwnershipWriter writer = new OwnershipWriter(file, () -> {
            if (asked.incrementAndGet() == 1) {
                throw new IllegalStateException("a defect");
            }
            return Ownership.none("boot");
        })) {
            assertThatThrownBy(writer::saveNow)
                    .isInstanceOf(RealisationException.class)
                    .hasMessageContaining("a defect");

            writer.saveNow();
        }
        assertThat(file.load()).contains(Ownership.none("boot"));
    }

    @Test
    void anErrorIsToldToWhoeverWaitsAndEndsNothing() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        OwnershipFile file = new OwnershipFile(directory);
        try (OwnershipWriter writer = new OwnershipWriter(file, () -> {
            if (asked.incrementAndGet() == 1) {
                throw new NoClassDefFoundError("a/Class");
            }
            return Ownership.none("boot");
        })) {
            assertThatThrownBy(writer::saveNow)
                    .isInstanceOf(RealisationException.class)
                    .hasMessageContaining("a/Class");

            writer.saveNow();
        }
        assertThat(file.load()).contains(Ownership.none("boot"));
    }

    @Test
    void aMachineThatIsOutOfThreadsForAMomentHoldsUpNoLaterWriteOrSync() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        OwnershipFile file = new OwnershipFile(directory);
        try (OwnershipWriter writer =
                new OwnershipWriter(file, () -> Ownership.none("boot"), Duration.ZERO, task -> new Thread(task) {
                    @Override
                    public void start() {
                        if (refused.compareAndSet(0, 1)) {
                            throw new OutOfMemoryError("unable to create native thread");
                        }
                        begun.incrementAndGet();
                        super.start();
                    }
                })) {
            writer.saveNow();
            await("the sync of the first write").until(() -> refused.get() == 1);

            writer.saveNow();

            await("the sync of the second write").until(() -> begun.get() == 1);
        }
        assertThat(file.load()).contains(Ownership.none("boot"));
    }

    /** As after a start that could not read the file. */
    @Test
    void whoWasNeverAskedForAWriteLeavesTheFileAsItIs() throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(Ownership.none("boot"));

        new OwnershipWriter(file, () -> Ownership.none("not read")).close();

        assertThat(file.load()).contains(Ownership.none("boot"));
    }

    @Test
    void changesThatNobodyWaitsForShareOneWriteHoweverManyTheyAre() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger writes = new AtomicInteger();
        OwnershipFile file = new OwnershipFile(directory);
        try (OwnershipWriter writer = new OwnershipWriter(file, () -> {
            begun.countDown();
            awaitQuietly(goOn);
            return Ownership.none("boot-" + writes.incrementAndGet());
        })) {
            writer.saveSoon();
            begun.await();
            for (int i = 0; i < 10_000; i++) {
                writer.saveSoon();
            }
            CompletableFuture<Void> last = writer.request();
            goOn.countDown();

            last.get();
            assertThat(writes).hasValue(2);
        }
    }

    @Test
    void aChangeThatNobodyWaitsForIsWrittenWithOneThatSomebodyWaitsForRightAfter() throws Exception {
        AtomicInteger writes = new AtomicInteger();
        try (OwnershipWriter writer = new OwnershipWriter(
                new OwnershipFile(directory),
                () -> Ownership.none("boot-" + writes.incrementAndGet()),
                Duration.ofHours(1),
                Thread.ofPlatform().daemon().factory())) {
            writer.saveSoon();
            writer.saveNow();

            assertThat(writes).hasValue(1);
        }
    }

    @Test
    void aChangeThatNobodyWaitsForIsWrittenByItself() {
        AtomicInteger writes = new AtomicInteger();
        try (OwnershipWriter writer = new OwnershipWriter(
                new OwnershipFile(directory), () -> Ownership.none("boot-" + writes.incrementAndGet()))) {
            writer.saveSoon();

            await().until(() -> writes.get() == 1);
        }
    }

    /** Opening a pipe that nobody reads takes as long as a disk that does not answer. */
    @Test
    void aDiskThatDoesNotAnswerHoldsUpNoWrite() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path inItsPlace = Files.createLink(directory.resolve("link"), pipe);
        OwnershipFile file = new OwnershipFile(directory);
        OwnershipWriter writer = new OwnershipWriter(file, () -> Ownership.none("boot"));
        try {
            writer.saveNow();
            Files.move(inItsPlace, directory.resolve("ownership.json"), StandardCopyOption.ATOMIC_MOVE);
            await("the disk is asked").until(() -> Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().equals("ownership-to-disk")));

            writer.saveNow();

            assertThat(file.load()).contains(Ownership.none("boot"));
        } finally {
            try (FileChannel _ = FileChannel.open(pipe, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                writer.close();
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
