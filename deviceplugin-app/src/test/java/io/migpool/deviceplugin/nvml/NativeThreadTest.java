package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Native;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLab;
import io.migpool.deviceplugin.gpu.MigMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Native calls have threads of their own, waits have an end, and a GPU that hangs takes no other with it. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeThreadTest {

    private static final String HOPPER = "NVIDIA H100 80GB HBM3";
    private static final String CREATE = "nvmlDeviceCreateGpuInstanceWithPlacement";
    private static final MigProfile PROFILE = MigProfile.of(1, 10);

    private FakeDriver fake;
    private ExecutorService callers;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @BeforeEach
    void start() {
        callers = Executors.newVirtualThreadPerTaskExecutor();
        fake.boot(true, HOPPER, HOPPER);
    }

    @AfterEach
    void stop() {
        fake.hooks().fake_release();
        callers.close();
    }

    private NvmlSettings limits(Duration query, Duration mutation) {
        NvmlSettings usual = fake.settings();
        return new NvmlSettings(
                usual.driverRoots(),
                false,
                usual.initTimeout(),
                query,
                mutation,
                usual.bootIdFile(),
                usual.pciDevices());
    }

    @Test
    void nativeCallsOfVirtualThreadsRunOnPlatformThreadsOfTheirGpu() throws Exception {
        try (NvmlLab lab = fake.open()) {
            String second = lab.driver().gpus().get(1).uuid();
            callers.submit(() -> {
                        lab.driver().createGpuInstance(second, PROFILE, GpuLab.at("0:1"));
                        return lab.driver().instances(second);
                    })
                    .get();

            assertThat(thread("nvmlInit_v2")).isEqualTo("nvml");
            assertThat(thread(CREATE)).isEqualTo("nvml-change-1");
            assertThat(thread("nvmlDeviceGetGpuInstances")).isEqualTo("nvml-read-1");
        }
        assertThat(thread("nvmlShutdown")).isEqualTo("nvml");
    }

    private String thread(String call) {
        byte[] name = new byte[32];
        assertThat(fake.hooks().fake_thread(call, name, name.length)).isZero();
        return Native.toString(name, StandardCharsets.UTF_8);
    }

    @Test
    void aCallThatDoesNotComeBackTimesOutAndLeavesTheOtherGpuAlone() throws GpuException {
        try (NvmlLab lab = fake.open(limits(Duration.ofSeconds(20), Duration.ofMillis(200)))) {
            String first = lab.gpu();
            String second = lab.driver().gpus().get(1).uuid();
            fake.hooks().fake_hold(CREATE);

            assertRefused(GpuErrorCode.TIMEOUT, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("no answer within PT0.2S", first);

            assertThat(fake.hooks().fake_waiting()).isEqualTo(1);
            assertThat(lab.driver().instances(second)).isEmpty();
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver()
                    .destroyGpuInstance(new GpuInstance(second, 7, PROFILE, GpuLab.at("0:1"), List.of())));
            fake.hooks().fake_release();
            await().until(() -> lab.instances().size() == 1);
        }
    }

    @Test
    void whatWaitedBehindAStuckCallIsNotBegunOnceItWasGivenUp() throws GpuException {
        try (NvmlLab lab = fake.open(limits(Duration.ofSeconds(20), Duration.ofMillis(200)))) {
            GpuInstance existing = lab.cut("1g.10gb", "6:1");
            fake.hooks().fake_hold(CREATE);
            assertRefused(GpuErrorCode.TIMEOUT, () -> lab.cut("1g.10gb", "0:1"));
            assertRefused(GpuErrorCode.TIMEOUT, () -> lab.driver().destroyGpuInstance(existing));

            fake.hooks().fake_release();

            await().until(() -> lab.instances().size() == 2);
            lab.cut("1g.10gb", "1:1");
            assertThat(lab.instances()).contains(existing).hasSize(3);
            assertThat(fake.hooks().fake_calls("nvmlGpuInstanceDestroy")).isZero();
        }
    }

    @Test
    void aChangeIsNotBegunWhenItsCallerGaveUpWhileItWasPrepared() throws GpuException {
        try (NvmlLab lab = fake.open(limits(Duration.ofSeconds(20), Duration.ofMillis(200)))) {
            GpuInstance existing = lab.cut("1g.10gb", "6:1");
            fake.hooks().fake_hold("nvmlGpuInstanceGetInfo");
            assertRefused(GpuErrorCode.TIMEOUT, () -> lab.driver().destroyGpuInstance(existing));

            fake.hooks().fake_release();

            // The next change on this GPU runs after the one that was given up.
            lab.cut("1g.10gb", "0:1");
            assertThat(fake.hooks().fake_calls("nvmlGpuInstanceDestroy")).isZero();
            assertThat(lab.instances()).contains(existing);
        }
    }

    @Test
    void aSwitchThatComesAboutAfterItsTimeOutIsTakenBackOrNotSaidToBe() throws Exception {
        fake.boot(false, HOPPER);
        try (NvmlLab lab = fake.open(limits(Duration.ofSeconds(20), Duration.ofSeconds(1)))) {
            fake.hooks().fake_hold("nvmlDeviceSetMigMode");
            Future<Outcome> change = callers.submit(() -> new Geometry(lab.driver())
                    .apply(new Target.Layout(List.of(MigSpecEntry.everywhere(Map.of(PROFILE, 7)))), List.of()));
            await().until(() -> fake.hooks().fake_waiting() == 1);
            int before = fake.hooks().fake_calls("nvmlDeviceGetMigMode");
            await().until(() -> fake.hooks().fake_calls("nvmlDeviceGetMigMode") > before || change.isDone());

            fake.hooks().fake_release();

            Outcome outcome = change.get();
            // Runs after whatever still waits on the thread for changes.
            GpuInstance none = new GpuInstance(lab.gpu(), 7, PROFILE, GpuLab.at("0:1"), List.of());
            await().until(() -> hasAnswered(lab.driver(), none));
            MigMode mode = lab.driver().migMode(lab.gpu());
            assertThat(outcome).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
                if (failed.restored()) {
                    assertThat(mode).isEqualTo(MigMode.OFF);
                }
            });
        }
    }

    private static boolean hasAnswered(GpuDriver driver, GpuInstance none) {
        try {
            driver.destroyGpuInstance(none);
            return true;
        } catch (GpuException e) {
            return e.code() != GpuErrorCode.TIMEOUT;
        }
    }

    @Test
    void readingGoesOnWhileAChangeTakesLong() throws Exception {
        try (NvmlLab lab = fake.open()) {
            String gpu = lab.gpu();
            fake.hooks().fake_hold("nvmlDeviceGetGpuInstanceById");
            GpuInstance instance = lab.cut("1g.10gb", "0:1");
            Future<?> change = callers.submit(() -> lab.driver().createComputeInstance(instance));
            await().until(() -> fake.hooks().fake_waiting() == 1);

            assertThat(lab.driver().migMode(gpu).enabled()).isTrue();
            assertThat(change.isDone()).isFalse();
            fake.hooks().fake_release();
            change.get();
        }
    }

    @Test
    void aGpuThatHangsIsWaitedForOnceByWhomCanDoWithoutIt() throws GpuException {
        fake.boot(false, HOPPER, HOPPER);
        fake.set("profilesNeedMig", 1);
        Duration limit = Duration.ofSeconds(1);
        int often = 30;
        try (NvmlLab lab = fake.open(limits(limit, Duration.ofSeconds(20)))) {
            fake.hooks().fake_hold("nvmlDeviceGetMigMode");
            long begun = System.nanoTime();
            for (int i = 0; i < often; i++) {
                assertThat(lab.driver().gpus()).hasSize(2);
                assertThat(lab.driver().links()).isEmpty();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(limit.multipliedBy(often));

            fake.hooks().fake_release();
            await().until(() -> lab.driver().links().size() == 1);
        }
    }

    @Test
    void gpusThatHangAreWaitedForAtTheSameTime() throws GpuException {
        fake.boot(false, HOPPER, HOPPER, HOPPER, HOPPER, HOPPER, HOPPER);
        fake.set("profilesNeedMig", 1);
        Duration limit = Duration.ofSeconds(2);
        try (NvmlLab lab = fake.open(limits(limit, Duration.ofSeconds(20)))) {
            fake.hooks().fake_hold("nvmlDeviceGetMigMode");
            long begun = System.nanoTime();
            assertThat(lab.driver().gpus()).hasSize(6);
            assertThat(lab.driver().gpus()).hasSize(6);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(limit.multipliedBy(5));
            fake.hooks().fake_release();
        }
    }

    @Test
    void anInterruptedCallerGoesAtOnce() throws Exception {
        try (NvmlLab lab = fake.open()) {
            String gpu = lab.gpu();
            fake.hooks().fake_hold("nvmlDeviceGetMigMode");
            Thread caller = Thread.ofPlatform().start(() -> assertRefused(
                            GpuErrorCode.TIMEOUT, () -> lab.driver().instances(gpu))
                    .contains("interrupted before it was done"));
            await().until(() -> fake.hooks().fake_waiting() == 1);
            caller.interrupt();
            assertThat(caller.join(Duration.ofMinutes(1))).isTrue();
            fake.hooks().fake_release();
        }
    }

    @Test
    void closingTurnsAwayWhatWaitsAndWaitsForWhatRuns() throws Exception {
        NvmlLab lab = fake.open();
        String gpu = lab.gpu();
        fake.hooks().fake_hold(CREATE);
        Future<?> running = callers.submit(() -> lab.cut("1g.10gb", "0:1"));
        await().until(() -> fake.hooks().fake_waiting() == 1);
        GpuInstance other = new GpuInstance(gpu, 9, PROFILE, GpuLab.at("2:1"), List.of());
        Future<?> waiting = callers.submit(() -> assertRefused(
                        GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().destroyGpuInstance(other))
                .contains("the driver is closed"));

        Future<?> closing = callers.submit(lab::close);
        waiting.get();
        assertThat(fake.hooks().fake_initialised()).isEqualTo(1);
        fake.hooks().fake_release();
        closing.get();

        running.get();
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aCallThatNeverComesBackDoesNotHoldUpTheEnd() throws Exception {
        GpuDriver driver = new NvmlDriverProvider(Duration.ofMillis(100)).open(fake.settings());
        String gpu = driver.gpus().getFirst().uuid();
        fake.hooks().fake_hold(CREATE);
        Future<?> stuck = callers.submit(() -> driver.createGpuInstance(gpu, PROFILE, GpuLab.at("0:1")));
        await().until(() -> fake.hooks().fake_waiting() == 1);

        driver.close();

        assertThat(fake.hooks().fake_initialised()).isEqualTo(1);
        fake.hooks().fake_release();
        stuck.get();
    }

    @Test
    void aFullQueueIsRefusedInsteadOfGrowing() throws Exception {
        NvmlThread thread = new NvmlThread("thread", Duration.ofSeconds(20));
        CountDownLatch release = new CountDownLatch(1);
        List<Future<Boolean>> runs = new ArrayList<>();
        for (int i = 0; i < 2 * NvmlThread.LONGEST_QUEUE; i++) {
            runs.add(callers.submit(() -> {
                try {
                    return thread.run("test", "GPU-1", wanted -> awaited(release));
                } catch (GpuException e) {
                    assertThat(e).hasMessageContaining("calls are already waiting for this GPU");
                    return false;
                }
            }));
        }
        int refused = NvmlThread.LONGEST_QUEUE - 1;
        await().until(() -> runs.stream().filter(Future::isDone).count() == refused);
        release.countDown();

        int done = 0;
        for (Future<Boolean> run : runs) {
            done += run.get() ? 1 : 0;
        }
        assertThat(done).isEqualTo(NvmlThread.LONGEST_QUEUE + 1);
        thread.close();
        assertThat(thread.awaitEnd(Duration.ofMinutes(1))).isTrue();
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void aDefectOfTheAdapterIsReportedAsAFailureOfTheCall() {
        NvmlThread thread = new NvmlThread("thread", Duration.ofSeconds(20));
        assertRefused(
                        GpuErrorCode.UNKNOWN,
                        () -> thread.run("test", "GPU-1", wanted -> {
                            throw new IllegalStateException("nonsense");
                        }))
                .contains("the adapter failed with java.lang.IllegalStateException: nonsense");
        thread.close();
        assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> thread.run("test", "GPU-1", wanted -> 0))
                .contains("the driver is closed");
    }
}
