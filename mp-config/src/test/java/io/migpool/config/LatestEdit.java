package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** How long an edit takes to be in force. */
final class LatestEdit {

    private static final Duration AIM = Duration.ofSeconds(1);
    private static final Duration OFTEN = Duration.ofMillis(10);
    private static final int EDITS = 12;

    private LatestEdit() {}

    /** Writes the document with this number in it. */
    @FunctionalInterface
    interface Writing {
        void write(int number) throws IOException;
    }

    /**
     * Fails unless one of several edits is in force within a second. Each is written as soon as the previous one is in
     * force, so that none benefits from the timing of a periodic check; on a busy machine some take longer.
     */
    static void assertInForceWithinASecond(Writing writing, IntPredicate inForce) throws IOException {
        write(1, writing, inForce);
        List<Duration> took = new ArrayList<>();
        for (int number = 2; number <= EDITS && took.stream().noneMatch(one -> one.compareTo(AIM) < 0); number++) {
            took.add(write(number, writing, inForce));
        }
        assertThat(took).as("from edit to effect").anyMatch(one -> one.compareTo(AIM) < 0);
    }

    private static Duration write(int number, Writing writing, IntPredicate inForce) throws IOException {
        long start = System.nanoTime();
        writing.write(number);
        await().pollInterval(OFTEN).until(() -> inForce.test(number));
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
