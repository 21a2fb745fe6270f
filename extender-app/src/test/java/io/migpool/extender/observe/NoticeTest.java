package io.migpool.extender.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.config.source.ConfigMapRef;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.runtime.log.Decision;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which Events are written, and which are suppressed. */
class NoticeTest {

    private static final PodKey POD = new PodKey("uid", "ns", "p");

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final List<EventSink.Notice> written = new CopyOnWriteArrayList<>();

    @Test
    void aRefusalIsReportedOnceAMinuteWhateverItsNumbers() {
        try (NoticeBoard board = new NoticeBoard(written::add, now::get)) {
            PodEvents events = new PodEvents(board);
            for (int second = 0; second < 60; second++) {
                now.set(Instant.EPOCH.plusSeconds(second));
                events.refused(
                        POD,
                        ReasonCode.NO_SLICE,
                        "0/9 nodes take the pod: %d no slice, %d node is not Ready"
                                .formatted(9 - second % 3, second % 3));
            }
            now.set(Instant.EPOCH.plusSeconds(60));
            events.refused(POD, ReasonCode.NO_SLICE, "a minute later");
            await().until(() -> written.size() == 2);
        }
        assertThat(written)
                .extracting(EventSink.Notice::note)
                .containsExactly("0/9 nodes take the pod: 9 no slice, 0 node is not Ready", "a minute later");
        assertThat(written).allSatisfy(event -> assertThat(event.warning()).isTrue());
    }

    @Test
    void anotherKindOfProblemIsReportedAtOnceAndEachOnlyOnceAMinute() {
        try (NoticeBoard board = new NoticeBoard(written::add, now::get)) {
            PodEvents events = new PodEvents(board);
            for (int turn = 0; turn < 10; turn++) {
                events.refused(POD, ReasonCode.MISUNDERSTOOD, "0/%d nodes: the weights".formatted(turn));
                events.refused(POD, ReasonCode.NO_SLICE, "0/%d nodes: no slice".formatted(turn));
            }
            events.refused(POD, ReasonCode.QUOTA, "the last");
            await().until(() -> written.size() >= 3);
        }
        assertThat(written)
                .extracting(EventSink.Notice::note)
                .containsExactly("0/0 nodes: the weights", "0/0 nodes: no slice", "the last");
    }

    @Test
    void otherReasonsAreReportedTooAndAgainWhenTheirWordsChange() {
        try (NoticeBoard board = new NoticeBoard(written::add, now::get)) {
            PodEvents events = new PodEvents(board);
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.bindFailed(POD, "node-a", "the API server is away");
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.bindFailed(POD, "node-a", "the API server is away");
            events.bindFailed(POD, "node-b", "the API server is away");
            await().until(() -> written.size() == 3);
        }
        assertThat(written)
                .extracting(EventSink.Notice::note)
                .containsExactly(
                        "no room",
                        "not bound to node-a: the API server is away",
                        "not bound to node-b: the API server is away");
    }

    @Test
    void oneEventThatCannotBeWrittenKeepsBackNoOther() {
        EventSink failing = notice -> {
            if (notice.note().equals("unforeseen")) {
                throw new IllegalStateException(notice.note());
            }
            written.add(notice);
        };
        try (NoticeBoard board = new NoticeBoard(failing, now::get)) {
            PodEvents events = new PodEvents(board);
            events.refused(POD, ReasonCode.NO_SLICE, "unforeseen");
            events.refused(new PodKey("uid-2", "ns", "q"), ReasonCode.NO_SLICE, "no room");
            await().until(() -> written.size() == 1);
        }
        assertThat(written).extracting(EventSink.Notice::note).containsExactly("no room");
    }

    @Test
    void whatAFullQueueDroppedIsStillNews() {
        CountDownLatch release = new CountDownLatch(1);
        EventSink slow = notice -> {
            release.await();
            written.add(notice);
        };
        try (NoticeBoard board = new NoticeBoard(slow, now::get)) {
            PodEvents events = new PodEvents(board);
            for (int i = 0; i < 2000; i++) {
                events.refused(new PodKey("uid-" + i, "ns", "p" + i), ReasonCode.NO_SLICE, "no room");
            }
            assertThat(board.dropped()).isBetween(2000L - 1024 - 1, 2000L - 1024);
            assertThat(board.waiting()).isBetween(1023, 1024);
            release.countDown();
            await().until(() -> written.size() >= 1024);
            events.refused(new PodKey("uid-1999", "ns", "p1999"), ReasonCode.NO_SLICE, "no room");
            await().until(() ->
                    written.stream().anyMatch(notice -> notice.subject().name().equals("p1999")));
        }
    }

    @Test
    void newsStandsInTheLogOnceWithPodAndNode() {
        List<String> decisions = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                Stream.of(line.getParameters())
                        .filter(Decision.class::isInstance)
                        .map(Object::toString)
                        .forEach(decisions::add);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(PodEvents.class.getName());
        logger.addHandler(handler);
        try (NoticeBoard board = new NoticeBoard(written::add, now::get)) {
            PodEvents events = new PodEvents(board);
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.bindFailed(POD, "node-a", "the API server is away");
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(decisions)
                .containsExactly(
                        "decision=refuse namespace=ns pod=p", "decision=bind-failed namespace=ns pod=p node=node-a");
    }

    @Test
    void aNoteIsNoLongerThanKubernetesAllows() {
        try (NoticeBoard board = new NoticeBoard(written::add, now::get)) {
            PodEvents events = new PodEvents(board);
            events.refused(POD, ReasonCode.NO_SLICE, "ü".repeat(5000));
            await().until(() -> written.size() == 1);
        }
        assertThat(written.getFirst().note().getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(1024);
    }

    @Test
    void schedulingDoesNotWaitForASlowServer() {
        CountDownLatch stuck = new CountDownLatch(1);
        Logger logger = Logger.getLogger(PodEvents.class.getName());
        logger.setLevel(Level.OFF);
        try (NoticeBoard board = new NoticeBoard(event -> stuck.await(), now::get)) {
            PodEvents events = new PodEvents(board);
            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
                for (int i = 0; i < 5000; i++) {
                    events.refused(new PodKey("uid-" + i, "ns", "p"), ReasonCode.NO_SLICE, "no room");
                }
            });
        } finally {
            logger.setLevel(Level.INFO);
        }
    }

    @Test
    void anEditThatIsNotInForceIsReportedOnItsConfigMap() {
        Watched settings = new Watched();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (NoticeBoard board = new NoticeBoard(written::add, now::get);
                SettingsEvents events =
                        new SettingsEvents(registry, board, settings, LiveSettings.fixed(NodeSettings.DEFAULT))) {
            settings.become(status(SettingsStatus.State.INVALID, "line 3: defaultGPUNum is -1; write 0 or more"));
            assertThat(registry.get("migpool_config_valid")
                            .tag("document", "device-config")
                            .gauge()
                            .value())
                    .isZero();
            settings.become(status(SettingsStatus.State.VALID));
            events.boardCannot(List.of("NVIDIA A30 offers no 3g.20gb; remove it"));
            await().until(() -> written.size() == 2);
        }
        assertThat(written)
                .extracting(notice -> notice.subject().kind() + " "
                        + notice.subject().name() + " " + notice.reason() + ": " + notice.note())
                .containsExactly(
                        "ConfigMap hami-scheduler-device SettingsInvalid: the last valid settings stay in force: "
                                + "line 3: defaultGPUNum is -1; write 0 or more",
                        "ConfigMap hami-scheduler-device SettingsUnsuitable: NVIDIA A30 offers no 3g.20gb; remove it");
    }

    private static SettingsStatus status(SettingsStatus.State state, String... problems) {
        return new SettingsStatus(
                state,
                List.of(problems),
                List.of(),
                Instant.EPOCH,
                Optional.of(new ConfigMapRef("kube-system", "hami-scheduler-device", "device-config.yaml")));
    }

    /** Settings with a status set by the test. */
    private static final class Watched implements LiveSettings<DeviceSettings> {

        private final List<Consumer<? super SettingsStatus>> listeners = new CopyOnWriteArrayList<>();
        private SettingsStatus status = NoticeTest.status(SettingsStatus.State.VALID);

        void become(SettingsStatus next) {
            status = next;
            listeners.forEach(listener -> listener.accept(next));
        }

        @Override
        public DeviceSettings current() {
            return DeviceSettings.DEFAULT;
        }

        @Override
        public SettingsStatus status() {
            return status;
        }

        @Override
        public boolean isKnown() {
            return true;
        }

        @Override
        public Subscription onChange(Consumer<? super DeviceSettings> listener) {
            return () -> {};
        }

        @Override
        public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }
}
