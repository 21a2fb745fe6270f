package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.LogLines;
import io.migpool.deviceplugin.gpu.AwaitedGpuDriver;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.settings.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.logging.Level;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlDriverProviderTest {

    private static final String HOPPER = "NVIDIA H100 80GB HBM3";

    private final NvmlDriverProvider provider = new NvmlDriverProvider();
    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @Test
    void theConfiguredDriverRootIsSearched() throws GpuException {
        fake.boot(true, HOPPER);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).hasSize(1);
        }
        assertThat(provider.name()).isEqualTo("nvml");
    }

    @Test
    void numaNodeAndBootIdComeFromTheKernel() throws GpuException, IOException {
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        for (String[] node : new String[][] {{"0000:a0:00.0", "1\n"}, {"0000:a1:00.0", "-1\n"}}) {
            Path device = Files.createDirectories(fake.root().resolve("pci").resolve(node[0]));
            Files.writeString(device.resolve("numa_node"), node[1]);
        }
        Files.writeString(fake.root().resolve("boot_id"), "0a1b\n");
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).extracting(gpu -> gpu.numaNode()).containsExactly(1, 0, 0);
            assertThat(driver.gpus()).extracting(gpu -> gpu.minor()).containsExactly(0, 1, 2);
            assertThat(driver.gpus().getFirst().pciBusId()).isEqualTo("00000000:A0:00.0");
            assertThat(driver.bootId()).isEqualTo("0a1b");

            Files.writeString(fake.root().resolve("boot_id"), "\n");
            assertRefused(GpuErrorCode.UNKNOWN, driver::bootId).contains("is empty");
            Files.delete(fake.root().resolve("boot_id"));
            assertRefused(GpuErrorCode.UNKNOWN, driver::bootId).contains("cannot be read");
        }
    }

    @Test
    void versionsComeFromTheLibraryAndTheClassOfABoardFromTheKernel() throws GpuException, IOException {
        fake.boot(true, HOPPER, HOPPER, HOPPER);
        for (String[] device : new String[][] {{"0000:a0:00.0", "0x030200\n"}, {"0000:a1:00.0", "display\n"}}) {
            Path directory = Files.createDirectories(fake.root().resolve("pci").resolve(device[0]));
            Files.writeString(directory.resolve("class"), device[1]);
        }
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.versions())
                    .contains(new DriverVersions("580.65.06", Optional.of(new DriverVersions.Cuda(13, 0))));
            List<OptionalInt> classes = new ArrayList<>();
            for (GpuDescription gpu : driver.gpus()) {
                classes.add(driver.features(gpu.uuid()).pciClass());
            }
            assertThat(classes)
                    .containsExactly(
                            OptionalInt.of(GpuFeatures.PCI_3D_CONTROLLER), OptionalInt.empty(), OptionalInt.empty());
        }
    }

    @Test
    void aMachineWithoutDriverIsHealthyAndEmpty(@TempDir Path nothing) throws GpuException {
        NvmlSettings usual = fake.settings();
        NvmlSettings settings = new NvmlSettings(
                List.of(nothing),
                false,
                usual.initTimeout(),
                usual.queryTimeout(),
                usual.mutationTimeout(),
                Path.of("/proc/sys/kernel/random/boot_id"),
                usual.pciDevices());
        try (GpuDriver driver = provider.open(settings)) {
            assertThat(driver.gpus()).isEmpty();
            assertThat(driver.bootId()).hasSize(36);
            assertRefused(GpuErrorCode.NOT_FOUND, () -> driver.instances("GPU-1"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ReturnCode.class,
            names = {"DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND", "GPU_NOT_FOUND", "NOT_FOUND"})
    void aLibraryWithoutDriverIsAMachineWithoutDriver(ReturnCode code) throws GpuException {
        fake.boot(true, HOPPER);
        fake.failOnce("nvmlInit_v2", code);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).isEmpty();
        }
        fake.failOnce("nvmlInit_v2", code);
        assertRefused(
                        GpuErrorCode.NOT_SUPPORTED,
                        () -> provider.open(fake.config(Map.of("migpool.gpu.fail-without-driver", "true"))))
                .contains("install the driver", "migpool.nvml.driver-root", "migpool.gpu.fail-without-driver=false");
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aMachineWithoutGpusIsHealthyAndEmpty() throws GpuException {
        fake.boot(true);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus()).isEmpty();
        }
        assertThat(fake.hooks().fake_initialised()).isZero();
        assertThat(fake.hooks().fake_calls("nvmlInit_v2")).isEqualTo(1);
    }

    @Test
    void aMachineWithoutGpusIsLoggedOnceHoweverOftenItIsLookedAt() throws GpuException {
        fake.boot(true);
        NvmlDriverProvider looking = new NvmlDriverProvider();
        try (LogLines lines = new LogLines(NvmlDriverProvider.class)) {
            looking.open(fake.config(Map.of())).close();
            looking.open(fake.config(Map.of())).close();

            assertThat(lines.from(Level.INFO)).singleElement().asString().contains("finds no GPU");
        }
    }

    @Test
    void aDriverThatRefusesIsAnErrorAndNotAnEmptyMachine() {
        fake.boot(true, HOPPER);
        fake.failOnce("nvmlInit_v2", ReturnCode.LIB_RM_VERSION_MISMATCH);
        assertRefused(GpuErrorCode.UNKNOWN, () -> provider.open(fake.config(Map.of())))
                .contains("kernel driver and library differ in version");
        fake.failOnce("nvmlDeviceGetCount_v2", ReturnCode.NO_PERMISSION);
        assertRefused(GpuErrorCode.NO_PERMISSION, () -> provider.open(fake.config(Map.of())));
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aStartThatTakesTooLongIsGivenUpAndBalancedOnceItEnds() {
        fake.boot(true, HOPPER);
        fake.hooks().fake_hold("nvmlDeviceGetCount_v2");
        Config hasty = fake.config(Map.of("migpool.nvml.init-timeout", "PT0.2S"));
        assertRefused(GpuErrorCode.TIMEOUT, () -> provider.open(hasty));
        assertRefused(GpuErrorCode.TIMEOUT, () -> provider.open(hasty)).contains("has not returned");
        assertThat(fake.hooks().fake_calls("nvmlInit_v2")).isEqualTo(1);

        fake.hooks().fake_release();

        await().until(() -> fake.hooks().fake_initialised() == 0);
    }

    @Test
    void aDriverThatIsLoadedLaterIsOpenedByTheSameProcess() throws GpuException {
        fake.boot(true, HOPPER);
        fake.hooks().fake_fail("nvmlInit_v2", ReturnCode.DRIVER_NOT_LOADED.number(), 2);
        try (GpuDriver driver = new AwaitedGpuDriver(() -> provider.open(fake.config(Map.of())))) {
            driver.lookForMore();
            driver.lookForMore();
            assertThat(driver.gpus()).isEmpty();

            driver.lookForMore();

            assertThat(driver.gpus()).hasSize(1);
            driver.lookForMore();
            assertThat(fake.hooks().fake_initialised()).isEqualTo(1);
        }
        assertThat(fake.hooks().fake_initialised()).isZero();
    }

    @Test
    void aBoardWithoutMemoryOfItsOwnIsListed() throws GpuException {
        fake.boot(true, HOPPER);
        fake.failOnce("nvmlDeviceGetMemoryInfo", ReturnCode.NOT_SUPPORTED);
        try (GpuDriver driver = provider.open(fake.config(Map.of()))) {
            assertThat(driver.gpus().getFirst().memoryMiB()).isZero();
            assertThat(driver.gpus().getFirst().profiles()).hasSize(7);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "migpool.nvml.driver-root, driver, an absolute path",
        "migpool.nvml.boot-id-file, boot_id, an absolute path",
        "migpool.nvml.query-timeout, soon, 'an ISO 8601 duration of at least PT0.01S, such as PT5S'",
        "migpool.nvml.mutation-timeout, PT0S, 'an ISO 8601 duration of at least PT0.01S, such as PT5S'",
        "migpool.nvml.init-timeout, -PT1S, 'an ISO 8601 duration of at least PT0.01S, such as PT5S'"
    })
    void aMalformedSettingIsExplained(String key, String value, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.open(fake.config(Map.of(key, value))))
                .withMessage("%s is '%s'; expected %s", key, value, why);
    }

    @Test
    void settingsHaveDefaults() {
        NvmlSettings settings = NvmlSettings.from(AgentConfig.of(Map.of()));
        assertThat(settings)
                .isEqualTo(new NvmlSettings(
                        List.of(Path.of("/"), Path.of("/run/nvidia/driver"), Path.of("/driver-root")),
                        false,
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Path.of("/proc/sys/kernel/random/boot_id"),
                        Path.of("/sys/bus/pci/devices")));
    }
}
