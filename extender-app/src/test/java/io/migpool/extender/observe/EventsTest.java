package io.migpool.extender.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.config.source.ConfigMapRef;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.reservation.BindFailure;
import io.migpool.runtime.event.EventNotice;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.event.EventSeverity;
import io.migpool.runtime.log.Decision;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which Events are written, and which are suppressed. */
class EventsTest {

    private static final PodKey POD = new PodKey("uid", "ns", "p");

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final List<EventNotice> written = new CopyOnWriteArrayList<>();

    private EventRecorder recorder() {
        return new EventRecorder((notice, at) -> written.add(notice), now::get, now::get);
    }

    @Test
    void aRefusalIsReportedOnceAMinuteWhateverItsNumbers() {
        try (EventRecorder recorder = recorder()) {
            PodEvents events = new PodEvents(recorder);
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
                .extracting(EventNotice::note)
                .containsExactly("0/9 nodes take the pod: 9 no slice, 0 node is not Ready", "a minute later");
        assertThat(written).allSatisfy(event -> assertThat(event.severity()).isEqualTo(EventSeverity.WARNING));
    }

    @Test
    void anotherKindOfProblemIsReportedAtOnceAndEachOnlyOnceAMinute() {
        try (EventRecorder recorder = recorder()) {
            PodEvents events = new PodEvents(recorder);
            for (int turn = 0; turn < 10; turn++) {
                events.refused(POD, ReasonCode.MISUNDERSTOOD, "0/%d nodes: the weights".formatted(turn));
                events.refused(POD, ReasonCode.NO_SLICE, "0/%d nodes: no slice".formatted(turn));
            }
            events.refused(POD, ReasonCode.QUOTA, "the last");
            await().until(() -> written.size() >= 3);
        }
        assertThat(written)
                .extracting(EventNotice::note)
                .containsExactly("0/0 nodes: the weights", "0/0 nodes: no slice", "the last");
    }

    @Test
    void aFailedBindIsReportedOnceAMinuteForEachKindAndNodeWhateverItsWords() {
        try (EventRecorder recorder = recorder()) {
            PodEvents events = new PodEvents(recorder);
            for (int second = 0; second < 60; second++) {
                now.set(Instant.EPOCH.plusSeconds(second));
                events.bindFailed(POD, "node-a", BindFailure.NOT_TAKEN, "etcd: request %d failed".formatted(second));
                events.bindFailed(POD, "node-a", BindFailure.NO_ROOM, "it has %d slices".formatted(second));
                events.bindFailed(POD, "node-b", BindFailure.NOT_TAKEN, "etcd: request %d failed".formatted(second));
            }
            now.set(Instant.EPOCH.plusSeconds(60));
            events.bindFailed(POD, "node-a", BindFailure.NOT_TAKEN, "a minute later");
            await().until(() -> written.size() >= 4);
        }
        assertThat(written)
                .extracting(EventNotice::note)
                .containsExactly(
                        "not bound to node-a: etcd: request 0 failed",
                        "not bound to node-a: it has 0 slices",
                        "not bound to node-b: etcd: request 0 failed",
                        "not bound to node-a: a minute later");
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
        try (EventRecorder recorder = recorder()) {
            PodEvents events = new PodEvents(recorder);
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.refused(POD, ReasonCode.NO_SLICE, "no room");
            events.bindFailed(POD, "node-a", BindFailure.NOT_TAKEN, "the API server is away");
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(decisions)
                .containsExactly(
                        "decision=refuse namespace=ns pod=p", "decision=bind-failed namespace=ns pod=p node=node-a");
    }

    @Test
    void anEditThatIsNotInForceIsReportedOnItsConfigMap() {
        Watched settings = new Watched();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (EventRecorder recorder = recorder();
                SettingsEvents events =
                        SettingsEvents.start(registry, recorder, settings, LiveSettings.fixed(NodeSettings.DEFAULT))) {
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

    @Test
    void anEventSaysWhenNoVersionHasEverBeenValidAndIsRepeated() {
        Watched settings = new Watched();
        settings.known = false;
        settings.become(status(SettingsStatus.State.INVALID, "line 3: defaultGPUNum is -1; write 0 or more"));
        AtomicLong minutes = new AtomicLong();
        try (EventRecorder recorder = new EventRecorder(
                        (notice, at) -> written.add(notice),
                        InstantSource.system(),
                        () -> Instant.EPOCH.plus(Duration.ofMinutes(minutes.incrementAndGet())));
                SettingsEvents events = SettingsEvents.start(
                        new SimpleMeterRegistry(),
                        recorder,
                        settings,
                        LiveSettings.fixed(NodeSettings.DEFAULT),
                        Duration.ofMillis(5))) {
            await().until(() -> written.size() >= 2);
            assertThat(events).isNotNull();
        }
        assertThat(written).allSatisfy(notice -> {
            assertThat(notice.note()).startsWith("no version has been valid since the start");
            assertThat(notice.subject().uid()).isEqualTo("uid-7");
        });
    }

    @Test
    void settingsOfNodesKeepNobodyFromDeciding() {
        Watched settings = new Watched();
        settings.known = false;
        settings.become(status(SettingsStatus.State.INVALID, "operatingmode is turbo"));
        try (EventRecorder recorder = recorder();
                SettingsEvents events = SettingsEvents.start(
                        new SimpleMeterRegistry(), recorder, LiveSettings.fixed(DeviceSettings.DEFAULT), settings)) {
            await().until(() -> written.size() == 1);
            assertThat(events).isNotNull();
        }
        assertThat(written.getFirst().note())
                .isEqualTo("node agents keep the last valid settings; one that starts now waits for valid ones: "
                        + "operatingmode is turbo");
    }

    private static SettingsStatus status(SettingsStatus.State state, String... problems) {
        return new SettingsStatus(
                state,
                List.of(problems),
                List.of(),
                Instant.EPOCH,
                Optional.of(new ConfigMapRef("kube-system", "hami-scheduler-device", "device-config.yaml", "uid-7")));
    }

    /** Settings with a status set by the test. */
    private static final class Watched implements LiveSettings<DeviceSettings> {

        private final List<Consumer<? super SettingsStatus>> listeners = new CopyOnWriteArrayList<>();
        private volatile boolean known = true;
        private volatile SettingsStatus status = EventsTest.status(SettingsStatus.State.VALID);

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
            return known;
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
