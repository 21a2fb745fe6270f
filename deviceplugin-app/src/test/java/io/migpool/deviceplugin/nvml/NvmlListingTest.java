package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which GPUs are listed while some do not answer, are lost, or come later. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlListingTest {

    private static final String HOPPER = "NVIDIA H100 80GB HBM3";
    private static final String HANDLE = "nvmlDeviceGetHandleByIndex_v2";
    private static final Map<String, String> IMPATIENT = Map.of("migpool.nvml.init-timeout", "PT8S");

    private final NvmlDriverProvider provider = new NvmlDriverProvider();
    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @ParameterizedTest
    @CsvSource({
        "nvmlDeviceGetHandleByIndex_v2",
        "nvmlDeviceGetPciInfo_v3",
        "nvmlDeviceGetUUID",
        "nvmlDeviceGetName",
        "nvmlDeviceGetMinorNumber",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetMigMode"
    })
    void aGpuThatCannotBeIdentifiedDoesNotHideTheOthers(String call) throws GpuException {
        fake.boot(true, HOPPER, HOPPER);
        fake.failOnce(call, ReturnCode.GPU_IS_LOST);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).hasSize(1);
            assertThat(driver.unlisted()).singleElement().satisfies(gpu -> {
                assertThat(gpu.why()).contains("GPU_LOST");
                assertThat(gpu.index()).isEqualTo(1 - driver.gpus().getFirst().index());
            });
        }
    }

    @Test
    void aGpuThatDoesNotAnswerDoesNotHideTheOthersAndIsAskedOnlyOnce() throws GpuException {
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        fake.hooks().fake_hold_gpu(1);
        try (GpuDriver driver = provider.open(fake.config(IMPATIENT))) {
            assertThat(driver.gpus()).extracting(GpuDescription::index).containsExactly(0, 2);
            assertThat(driver.unlisted()).singleElement().satisfies(gpu -> {
                assertThat(gpu.index()).isEqualTo(1);
                assertThat(gpu.why()).contains("GPU 1 did not respond within PT8S");
            });

            driver.lookForMore();

            assertThat(fake.hooks().fake_calls(HANDLE)).isEqualTo(3);
            fake.hooks().fake_lose(1, 1);
            fake.hooks().fake_release();
            // The failure is an answer; only then it is asked again.
            await().until(() -> {
                driver.lookForMore();
                return fake.hooks().fake_calls(HANDLE) > 3;
            });
            assertThat(driver.gpus()).hasSize(2);
            assertThat(driver.unlisted()).singleElement().satisfies(gpu -> assertThat(gpu.why())
                    .contains("GPU_LOST"));
            fake.hooks().fake_lose(1, 0);
            driver.lookForMore();
            assertThat(driver.gpus()).extracting(GpuDescription::index).containsExactly(0, 1, 2);
            assertThat(driver.unlisted()).isEmpty();
            assertThat(driver.migMode(driver.gpus().get(1).uuid())).isEqualTo(MigMode.ON);
        } finally {
            fake.hooks().fake_release();
        }
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aGpuThatTakesItsTimeToOpenIsListed() {
        fake.boot(true, HOPPER, HOPPER);
        fake.hooks().fake_hold_gpu(1);
        Config config =
                fake.config(Map.of("migpool.nvml.query-timeout", "PT0.2S", "migpool.nvml.init-timeout", "PT10M"));
        CompletableFuture<List<UnlistedGpu>> left = CompletableFuture.supplyAsync(() -> {
            try (GpuDriver driver = provider.open(config)) {
                return driver.unlisted();
            } catch (GpuException e) {
                throw new IllegalStateException(e);
            }
        });
        try {
            await().until(() -> fake.hooks().fake_waiting() == 1);
            await().during(Duration.ofSeconds(2)).until(() -> !left.isDone());
        } finally {
            fake.hooks().fake_release();
        }

        assertThat(left.join()).isEmpty();
    }

    @Test
    void anAnswerThatComesLateIsUsedWithoutAskingAgain() throws GpuException {
        fake.boot(true, HOPPER, HOPPER);
        fake.hooks().fake_hold_gpu(1);
        try (GpuDriver driver = provider.open(fake.config(IMPATIENT))) {
            assertThat(driver.unlisted()).hasSize(1);
            fake.hooks().fake_release();

            await().until(() -> {
                driver.lookForMore();
                return driver.gpus().size() == 2;
            });

            assertThat(driver.unlisted()).isEmpty();
            assertThat(fake.hooks().fake_calls(HANDLE)).isEqualTo(2);
        } finally {
            fake.hooks().fake_release();
        }
    }

    @Test
    void whereNoGpuIsNewNobodyIsAsked() throws GpuException {
        fake.boot(true, HOPPER, HOPPER);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            driver.lookForMore();
            driver.lookForMore();

            assertThat(fake.hooks().fake_calls("nvmlDeviceGetCount_v2")).isEqualTo(3);
            assertThat(fake.hooks().fake_calls(HANDLE)).isEqualTo(2);
        }
    }

    @Test
    void aGpuThatComesLaterIsListedAndTheOthersKnownByTheirNewNumbers() throws GpuException {
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        fake.set("hidden", 1);
        try (GpuDriver driver = provider.open(fake.config(Map.of()));
                GpuEvents events = driver.events()) {
            List<String> before =
                    driver.gpus().stream().map(GpuDescription::uuid).toList();
            assertThat(before).hasSize(2);

            fake.set("hidden", 0);
            driver.lookForMore();

            assertThat(driver.gpus()).extracting(GpuDescription::index).containsExactly(0, 1, 2);
            assertThat(driver.gpus().subList(1, 3))
                    .extracting(GpuDescription::uuid)
                    .isEqualTo(before);
            String come = driver.gpus().getFirst().uuid();
            assertThat(driver.gpus().getFirst().profiles()).isNotEmpty();
            assertThat(driver.instances(come)).isEmpty();
            assertThat(driver.links()).hasSize(3);
            await().untilAsserted(() -> {
                fake.hooks().fake_event(0, EventCalls.XID, 79, -1, -1);
                assertThat(events.next(Duration.ofMillis(50)))
                        .contains(new GpuEvent.Xid(come, 79, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE));
            });
        }
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aGpuThatIsKnownButLostIsNotCountedAmongThoseThatCouldNotBeIdentified() throws GpuException {
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        fake.set("hidden", 1);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            fake.hooks().fake_lose(1, 1);

            fake.set("hidden", 0);
            driver.lookForMore();

            assertThat(driver.gpus()).hasSize(3);
            assertThat(driver.unlisted()).as("the lost GPU, by its new number").isEmpty();
            assertThat(driver.gpus())
                    .as("no number is that of two")
                    .extracting(GpuDescription::index)
                    .doesNotHaveDuplicates()
                    .startsWith(0, 2);
            fake.hooks().fake_lose(1, 0);
            driver.lookForMore();
            assertThat(driver.gpus()).extracting(GpuDescription::index).containsExactly(0, 1, 2);
        }
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        fake.set("hidden", 1);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            fake.hooks().fake_lose(0, 1);
            fake.hooks().fake_lose(2, 1);

            fake.set("hidden", 0);
            driver.lookForMore();

            assertThat(driver.gpus()).hasSize(2);
            assertThat(driver.unlisted()).extracting(UnlistedGpu::index).containsExactly(0);
        }
    }

    @Test
    void aGpuThatIsLostHasNoDeviceNodeOfAnother() {
        GpuIdentity lost = identity("GPU-lost", 1, 4);
        GpuIdentity present = identity("GPU-present", 3, 4);

        GpuIdentity apart = lost.beside(List.of(present));

        assertThat(apart).isEqualTo(identity("GPU-lost", 1, 5));
        assertThat(apart.beside(List.of(present))).isEqualTo(apart);
    }

    private static GpuIdentity identity(String uuid, int index, int minor) {
        return new GpuIdentity(
                uuid,
                index,
                minor,
                HOPPER,
                1,
                0,
                "00000000:0F:00.0",
                new PciIdentity(0x233010DE, 0),
                OptionalInt.empty(),
                MigSupport.NONE,
                false);
    }

    @Test
    void withoutAnyGpuThatAnswersTheDriverSaysWhichThereAreAndTakesInThoseThatAreBack() throws GpuException {
        fake.boot(true, HOPPER, HOPPER);
        fake.hooks().fake_lose(0, 1);
        fake.hooks().fake_lose(1, 1);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).isEmpty();
            assertThat(driver.unlisted()).extracting(UnlistedGpu::index).containsExactly(0, 1);

            fake.hooks().fake_lose(1, 0);
            driver.lookForMore();

            assertThat(driver.gpus()).extracting(GpuDescription::index).containsExactly(1);
            assertThat(driver.unlisted()).extracting(UnlistedGpu::index).containsExactly(0);
        }
        fake.hooks().fake_lose(1, 1);
        assertRefused(
                        GpuErrorCode.NOT_SUPPORTED,
                        () -> provider.open(fake.config(Map.of("migpool.gpu.fail-without-driver", "true"))))
                .contains("no GPU that answers");
        assertThat(fake.hooks().fake_initialised()).isZero();
    }
}
