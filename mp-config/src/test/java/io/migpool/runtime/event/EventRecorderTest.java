package io.migpool.runtime.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Which Events are written, and which are suppressed or dropped. */
class EventRecorderTest {

    private static final Instant NOON = Instant.parse("2026-05-04T12:00:00Z");

    private final AtomicReference<Instant> wall = new AtomicReference<>(NOON);
    private final AtomicReference<Instant> steady = new AtomicReference<>(Instant.EPOCH);
    private final List<String> written = new CopyOnWriteArrayList<>();

    private EventRecorder recorder(EventSink sink) {
        return new EventRecorder(sink, wall::get, steady::get);
    }

    private EventRecorder recorder() {
        return recorder((notice, at) -> written.add(notice.note()));
    }

    private static EventSubject pod(String name) {
        return new EventSubject("Pod", "ns", name, "uid-" + name);
    }

    private static EventNotice notice(String pod, String note) {
        return new EventNotice(pod(pod), EventSeverity.WARNING, "Reason", "Action", note);
    }

    private static EventNotice onTopic(String topic, String note) {
        return new EventNotice(pod("p"), EventSeverity.WARNING, "Reason", "Action", note, topic);
    }

    @Test
    void theSameTextIsPostedOnceAMinuteWhateverTheWallClockDoes() {
        try (EventRecorder recorder = recorder()) {
            assertThat(recorder.post(notice("p", "text"))).isTrue();

            wall.set(NOON.plus(Duration.ofHours(1)));
            steady.set(Instant.EPOCH.plusSeconds(60).minusNanos(1));
            assertThat(recorder.post(notice("p", "text"))).isFalse();

            wall.set(NOON.minus(Duration.ofHours(1)));
            steady.set(Instant.EPOCH.plusSeconds(60));
            assertThat(recorder.post(notice("p", "text"))).isTrue();
            assertThat(recorder.post(notice("p", "text"))).isFalse();

            await().untilAsserted(() -> assertThat(written).containsExactly("text", "text"));
        }
    }

    @Test
    void textsThatTakeTurnsAreEachPostedOnceAMinute() {
        try (EventRecorder recorder = recorder()) {
            for (int turn = 0; turn < 5; turn++) {
                recorder.post(notice("p", "one"));
                recorder.post(notice("p", "other"));
            }

            assertThat(recorder.post(notice("q", "one"))).isTrue();
            assertThat(recorder.post(new EventNotice(pod("p"), EventSeverity.WARNING, "Other", "Action", "one")))
                    .isTrue();
            await().untilAsserted(() -> assertThat(written).containsExactly("one", "other", "one", "one"));
        }
    }

    @Test
    void noticesOnOneTopicRepeatEachOtherWhateverTheirText() {
        try (EventRecorder recorder = recorder()) {
            assertThat(recorder.post(onTopic("a", "1 of 9"))).isTrue();
            assertThat(recorder.post(onTopic("a", "2 of 9"))).isFalse();
            assertThat(recorder.post(onTopic("b", "3 of 9"))).isTrue();
        }
    }

    @Test
    void anEventHasTheWallClocksTimeOfItsPosting() {
        CountDownLatch release = new CountDownLatch(1);
        List<Instant> times = new CopyOnWriteArrayList<>();
        EventSink slow = (notice, at) -> {
            release.await();
            times.add(at);
        };
        try (EventRecorder recorder = recorder(slow)) {
            recorder.post(notice("p", "text"));
            wall.set(NOON.plusSeconds(30));
            release.countDown();

            await().untilAsserted(() -> assertThat(times).containsExactly(NOON));
        }
    }

    @Test
    void oneEventThatCannotBeWrittenKeepsBackNoOther() {
        EventSink failing = (notice, at) -> {
            if (notice.note().equals("bad")) {
                throw new IllegalStateException(notice.note());
            }
            written.add(notice.note());
        };
        try (EventRecorder recorder = recorder(failing)) {
            recorder.post(notice("p", "bad"));
            recorder.post(notice("p", "good"));

            await().untilAsserted(() -> assertThat(written).containsExactly("good"));
        }
    }

    @Test
    void whatAFullQueueDroppedIsLoggedAndStillNew() {
        CountDownLatch release = new CountDownLatch(1);
        EventSink slow = (notice, at) -> {
            release.await();
            written.add(notice.note());
        };
        Lines lines = new Lines();
        Logger logger = Logger.getLogger(EventRecorder.class.getName());
        logger.setUseParentHandlers(false);
        logger.addHandler(lines);
        try (EventRecorder recorder = recorder(slow)) {
            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
                for (int i = 0; i < 2000; i++) {
                    recorder.post(notice("p" + i, "text " + i));
                }
            });
            assertThat(recorder.dropped()).isBetween(2000L - 1024 - 1, 2000L - 1024);
            assertThat(recorder.waiting()).isBetween(1023, 1024);
            assertThat(lines.seen)
                    .hasSize((int) recorder.dropped())
                    .last()
                    .asString()
                    .contains("text 1999");

            release.countDown();
            await().until(() -> written.size() >= 1024);
            assertThat(recorder.post(notice("p1999", "text 1999"))).isTrue();
            await().until(() -> written.contains("text 1999"));
        } finally {
            logger.removeHandler(lines);
            logger.setUseParentHandlers(true);
        }
    }

    @Test
    void aFullMemoryForgetsTheEldestAndStillPostsWhatIsNew() {
        try (EventRecorder recorder = recorder()) {
            for (int i = 0; i <= 8192; i++) {
                recorder.post(notice("p", "text " + i));
                if (i % 512 == 0) {
                    await().until(() -> recorder.waiting() == 0);
                }
            }
            assertThat(recorder.dropped()).isZero();

            assertThat(recorder.post(notice("p", "text 8192"))).isFalse();
            assertThat(recorder.post(notice("p", "text 1"))).isFalse();
            assertThat(recorder.post(notice("p", "text 0"))).isTrue();
        }
    }

    @Test
    void aNoteIsNoLongerThanKubernetesAllows() {
        assertThat(notice("p", "ü".repeat(5000)).note().getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(1024);
    }

    @Test
    void closingEndsAWriteThatHangs() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        EventSink hanging = (notice, at) -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        };
        try (EventRecorder recorder = recorder(hanging)) {
            recorder.post(notice("p", "text"));
            await().until(() -> begun.getCount() == 0);
        }
        assertThat(interrupted.getCount()).isZero();
    }

    /** The lines of a logger. */
    private static final class Lines extends Handler {

        private final List<String> seen = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord line) {
            seen.add(line.getMessage() + List.of(line.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
