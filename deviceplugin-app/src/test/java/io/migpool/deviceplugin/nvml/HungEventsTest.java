package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Native;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a call about events that does not return costs: nothing to the other GPUs, and no more than one thread each. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HungEventsTest {

    private static final String BOARD = "NVIDIA L40S";
    private static final String CREATE = "nvmlEventSetCreate";
    private static final String REGISTER = "nvmlDeviceRegisterEvents";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @BeforeEach
    void boot() {
        fake.boot(true, BOARD, BOARD);
    }

    @AfterEach
    void nothingIsLeft() {
        // Held calls of a test that has failed would hold up the others too.
        fake.hooks().fake_release();
        assertThat(fake.hooks().fake_event_sets()).isZero();
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    private NvmlSettings impatient() {
        NvmlSettings settings = fake.settings();
        return new NvmlSettings(
                settings.driverRoots(),
                settings.failWithoutDriver(),
                settings.initTimeout(),
                PATIENCE,
                settings.mutationTimeout(),
                settings.bootIdFile(),
                settings.pciDevices());
    }

    @ParameterizedTest
    @ValueSource(strings = {CREATE, REGISTER})
    void aCallThatDoesNotReturnIsNotMadeAgainUntilItHas(String call) throws GpuException {
        try (NvmlLab lab = fake.open(impatient())) {
            fake.hooks().fake_hold(call);
            assertRefused(GpuErrorCode.TIMEOUT, () -> lab.driver().events());
            int made = fake.hooks().fake_calls(call);

            for (int again = 0; again < 2; again++) {
                assertRefused(GpuErrorCode.TIMEOUT, () -> lab.driver().events())
                        .contains("a call of the last attempt to listen has not returned");
            }
            assertThat(fake.hooks().fake_calls(call)).isEqualTo(made);

            fake.hooks().fake_release();
            try (GpuEvents events = lab.driver().events()) {
                lab.raiseXid(lab.driver().gpus().get(1).uuid(), 48);
                assertThat(events.next(SOON)).isPresent();
            }
        }
    }

    @Test
    void aGpuWhoseRegistrationDoesNotReturnSilencesNoOther() throws Exception {
        NvmlSettings settings = impatient();
        NvmlSession session = NvmlSession.on(Native.load(fake.library().toString(), NvmlLibrary.class));
        session.nvml().init();
        GpuSurvey survey = new GpuSurvey(
                session.nvml(),
                new HostFiles(settings.bootIdFile(), settings.pciDevices()),
                settings.queryTimeout(),
                () -> 2);
        survey.look();
        List<NvmlGpu> all = survey.identified().stream()
                .map(identity -> new NvmlGpu(session, identity, settings))
                .toList();
        List<NvmlGpu> gpus = new CopyOnWriteArrayList<>(all.subList(0, 1));
        NvmlEvents events = new NvmlEvents(session, () -> gpus, Duration.ofHours(1), Duration.ZERO);
        events.begin();
        fake.hooks().fake_hold(REGISTER);
        gpus.add(all.get(1));
        await().until(() -> {
            assertThat(events.next(Duration.ZERO)).isEmpty();
            return fake.hooks().fake_waiting() == 1;
        });

        fake.hooks().fake_event(0, EventCalls.XID, 48, -1, -1);
        assertThat(events.next(SOON))
                .get()
                .extracting(GpuEvent::gpuUuid)
                .isEqualTo(all.getFirst().uuid());

        events.close();
        assertThat(fake.hooks().fake_event_sets())
                .as("the call that does not return still refers to it")
                .isOne();
        fake.hooks().fake_release();
        assertThat(events.awaitEnd()).isTrue();
        for (NvmlGpu gpu : all) {
            gpu.close();
            assertThat(gpu.awaitEnd(SOON)).isTrue();
        }
        survey.close();
        session.nvml().shutdown();
    }

    @Test
    void aSetThatComesTooLateIsListenedToLikeAnyOther() throws Exception {
        try (NvmlLab lab = fake.open(impatient());
                GpuEvents events = lab.driver().events()) {
            String gpu = lab.driver().gpus().getFirst().uuid();
            fake.set("waitFails", ReturnCode.UNKNOWN.number());
            fake.hooks().fake_lose(1, 1);
            fake.hooks().fake_hold(CREATE);
            assertRefused(GpuErrorCode.UNKNOWN, () -> events.next(SOON));
            assertRefused(GpuErrorCode.TIMEOUT, () -> events.next(SOON));
            fake.hooks().fake_release();
            await().until(() -> fake.hooks().fake_event_sets() == 1);

            fake.hooks().fake_lose(1, 0);
            assertThat(events.next(Duration.ZERO)).isEmpty();
            lab.raiseXid(gpu, 48);
            assertThat(events.next(SOON)).get().extracting(GpuEvent::gpuUuid).isEqualTo(gpu);
        }
    }
}
