package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Native;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the library is listened to: on which thread, on drivers of what age, and what its failures do. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlEventsTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long UNAVAILABLE = 0x4000;

    private FakeDriver fake;
    private FakeDriver old;
    private NvmlLab lab;

    @BeforeAll
    void compile(@TempDir Path root, @TempDir Path oldRoot) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
        old = FakeDriver.compile(oldRoot, FakeDriver.OLD);
    }

    @BeforeEach
    void boot() throws GpuException {
        fake.boot(true, AMPERE, HOPPER);
        lab = fake.open();
    }

    @AfterEach
    void close() {
        lab.close();
        assertThat(fake.hooks().fake_event_sets()).isZero();
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    private String gpu(int index) throws GpuException {
        return lab.driver().gpus().get(index).uuid();
    }

    @Test
    void itListensOnAThreadOfItsOwn() throws GpuException {
        try (GpuEvents events = lab.driver().events()) {
            assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            byte[] name = new byte[32];
            assertThat(fake.hooks().fake_thread("nvmlEventSetWait_v2", name, name.length))
                    .isZero();
            assertThat(Calls.text(name)).isEqualTo("nvml-events");
        }
    }

    @Test
    void onlyTheEventsThatTheDriverKnowsAreAskedFor() throws GpuException {
        fake.set("recoveryKnown", 0);
        assertThat(lab.driver().recoveryAction(gpu(0))).isEmpty();
        try (GpuEvents events = lab.driver().events()) {
            lab.raiseXid(gpu(1), 79);
            assertThat(events.next(SOON)).get().extracting(GpuEvent::gpuUuid).isEqualTo(gpu(1));
        }
    }

    @Test
    void aGpuThatBecomesUnavailableIsToldByTheHandleThatWasRegistered() throws GpuException {
        try (GpuEvents events = lab.driver().events()) {
            fake.hooks().fake_lose(0, 1);
            fake.hooks().fake_event(0, UNAVAILABLE, 0, -1, -1);

            assertThat(events.next(SOON)).contains(new GpuEvent.ConditionChanged(gpu(0)));
        }
    }

    @Test
    void afterTheWaitFailedForALostGpuTheOthersAreHeardAgain() throws GpuException {
        try (GpuEvents events = lab.driver().events()) {
            fake.set("waitFails", ReturnCode.GPU_IS_LOST.number());
            fake.hooks().fake_lose(0, 1);
            assertRefused(GpuErrorCode.GPU_LOST, () -> events.next(SOON));

            assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            lab.raiseXid(gpu(1), 48);
            assertThat(events.next(SOON)).get().extracting(GpuEvent::gpuUuid).isEqualTo(gpu(1));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ReturnCode.class,
            names = {"NOT_SUPPORTED", "GPU_IS_LOST", "NO_PERMISSION", "UNKNOWN"})
    void aGpuThatCannotBeListenedToDoesNotSilenceTheOthers(ReturnCode code) throws GpuException {
        fake.failOnce("nvmlDeviceRegisterEvents", code);
        try (GpuEvents events = lab.driver().events()) {
            // Whichever answered first could not be registered.
            lab.raiseXid(gpu(0), 48);
            lab.raiseXid(gpu(1), 48);
            assertThat(events.next(SOON)).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nvmlDeviceRegisterEvents",
                "nvmlDeviceGetSupportedEventTypes",
                "nvmlDeviceGetHandleByPciBusId_v2"
            })
    void whereNoGpuTellsAnythingItSaysSo(String call) throws GpuException {
        fake.hooks().fake_fail(call, ReturnCode.NOT_SUPPORTED.number(), 2);
        assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().events())
                .contains("reports events for none of the GPUs");
        lab.driver().events().close();
    }

    @Test
    void withoutASetOfEventsItSaysWhy() throws GpuException {
        fake.failOnce("nvmlEventSetCreate", ReturnCode.FUNCTION_NOT_FOUND);
        assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().events()).contains("nvmlEventSetCreate");
    }

    @Test
    void anOldDriverTellsXidsWithoutInstances() throws GpuException {
        lab.close();
        old.boot(true, AMPERE);
        try (NvmlLab aged = old.open();
                GpuEvents events = aged.driver().events()) {
            aged.raiseXid(aged.gpu(), 48);

            assertThat(events.next(SOON))
                    .contains(new GpuEvent.Xid(aged.gpu(), 48, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE));
        }
        assertThat(old.hooks().fake_event_sets()).isZero();
    }

    @Test
    void aFailureOfTheQuestionWhatAGpuNeedsIsTold() throws GpuException {
        fake.failOnce("nvmlDeviceGetFieldValues", ReturnCode.GPU_IS_LOST);
        assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().recoveryAction(gpu(0)))
                .contains("nvmlDeviceGetFieldValues");
        fake.hooks().fake_recovery(0, 17);
        assertThat(lab.driver().recoveryAction(gpu(0))).contains(RecoveryAction.OTHER);
    }

    @Test
    void aGpuThatHangsDelaysNoEventOfTheOthers() throws Exception {
        lab.close();
        fake.boot(true, HOPPER, "NVIDIA L40S");
        NvmlSession session = NvmlSession.on(Native.load(fake.library().toString(), NvmlLibrary.class));
        session.nvml().init();
        NvmlSettings settings = fake.settings();
        GpuSurvey survey = new GpuSurvey(
                session.nvml(),
                new HostFiles(settings.bootIdFile(), settings.pciDevices()),
                settings.queryTimeout(),
                () -> 2);
        survey.look();
        List<NvmlGpu> gpus = survey.identified().stream()
                .map(identity -> new NvmlGpu(session, identity, settings))
                .toList();
        // Only a board with MIG is asked for its mode.
        List<GpuEvent> heard = new CopyOnWriteArrayList<>();
        try (NvmlEvents events = new NvmlEvents(session, () -> gpus, Duration.ofHours(1), Duration.ZERO)) {
            events.begin();
            fake.hooks().fake_hold("nvmlDeviceGetMigMode");
            int asked = fake.hooks().fake_calls("nvmlDeviceGetMigMode");
            Thread listener = Thread.ofPlatform().start(() -> {
                try {
                    while (heard.size() < 20) {
                        events.next(Duration.ofMillis(50)).ifPresent(heard::add);
                    }
                } catch (GpuException e) {
                    throw new AssertionError(e);
                }
            });
            await().until(() -> fake.hooks().fake_waiting() == 1);
            for (int i = 0; i < 20; i++) {
                fake.hooks().fake_event(1, EventCalls.XID, 48, -1, -1);
            }
            await().until(() -> heard.size() == 20);
            assertThat(listener.join(SOON)).isTrue();
            // However long it hangs it is asked once.
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetMigMode")).isEqualTo(asked + 1);
            fake.hooks().fake_release();
        }
        for (NvmlGpu gpu : gpus) {
            gpu.close();
            assertThat(gpu.awaitEnd(SOON)).isTrue();
        }
        session.nvml().shutdown();
    }

    @Test
    void aSetThatWasFreedIsNotWaitedFor() throws Exception {
        GpuEvents events = lab.driver().events();
        fake.hooks().fake_hold("nvmlEventSetWait_v2");
        Thread first = listener(events);
        await().until(() -> fake.hooks().fake_waiting() == 1);
        Thread closing = Thread.ofPlatform().start(events::close);
        await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
        // It still sees the set that is about to be freed.
        Thread second = listener(events);
        await().until(() -> second.getState() == Thread.State.TIMED_WAITING);

        fake.hooks().fake_release();

        for (Thread thread : List.of(first, closing, second)) {
            assertThat(thread.join(SOON)).isTrue();
        }
        assertThat(fake.hooks().fake_calls("nvmlEventSetWait_v2")).isOne();
    }

    private static Thread listener(GpuEvents events) {
        return Thread.ofPlatform().start(() -> assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> events.next(SOON))
                .contains("the driver is closed"));
    }

    @Test
    void closingWaitsForACallThatIsUnderWay() throws Exception {
        fake.hooks().fake_hold("nvmlEventSetWait_v2");
        GpuEvents events = lab.driver().events();
        Thread listener = Thread.ofPlatform().start(() -> {
            try {
                Optional<GpuEvent> none = events.next(SOON);
                assertThat(none).isEmpty();
            } catch (GpuException closed) {
                assertThat(List.of(GpuErrorCode.INVALID_ARGUMENT, GpuErrorCode.TIMEOUT))
                        .contains(closed.code());
            }
        });
        await().until(() -> fake.hooks().fake_waiting() == 1);
        Thread closing = Thread.ofPlatform().start(lab::close);

        fake.hooks().fake_release();
        closing.join(SOON);
        listener.join(SOON);

        assertThat(closing.isAlive()).isFalse();
        assertThat(listener.isAlive()).isFalse();
    }
}
