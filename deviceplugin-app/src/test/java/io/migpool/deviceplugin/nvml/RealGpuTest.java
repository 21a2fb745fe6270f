package io.migpool.deviceplugin.nvml;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The adapter on the GPUs of this machine: reading only, no setting is changed. Skipped where the driver finds no GPU.
 * What was read is written to {@code target/gpus.txt}, to be kept as an example of the board.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealGpuTest {

    private static final Path KERNEL_DRIVER = Path.of("/proc/driver/nvidia/version");
    /** The vendor, in the lower half of the PCI device id. */
    private static final long NVIDIA = 0x10DE;

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String WHAT_IS_MISSING =
            "no GPU on this machine; install NVIDIA's driver, or run this test where there is one";

    private @Nullable GpuDriver opened;
    private GpuDriver driver;
    private List<GpuDescription> gpus = List.of();

    @BeforeAll
    void open() throws GpuException {
        if (!Files.exists(KERNEL_DRIVER)) {
            return;
        }
        GpuDriver found = new NvmlDriverProvider()
                .open(new NvmlSettings(
                        List.of(Path.of("/"), Path.of("/run/nvidia/driver"), Path.of("/driver-root")),
                        false,
                        LIMIT,
                        LIMIT,
                        LIMIT,
                        Path.of("/proc/sys/kernel/random/boot_id"),
                        Path.of("/sys/bus/pci/devices")));
        opened = found;
        gpus = found.gpus();
    }

    /** Before each, because a class that is skipped as a whole is in no report. */
    @BeforeEach
    void needGpus() {
        assumeTrue(!gpus.isEmpty(), WHAT_IS_MISSING);
        // Libraries are known by their name within a process, and other tests load a stand-in under the same one.
        assumeTrue(
                gpus.stream().allMatch(gpu -> (gpu.pci().deviceId() & 0xFFFF) == NVIDIA),
                "a process of its own is missing; run this test alone with -Dtest=RealGpuTest");
        driver = requireNonNull(opened);
    }

    @AfterAll
    void close() {
        if (opened != null) {
            opened.close();
        }
    }

    @Test
    void everyGpuSaysWhatItIs() {
        assertThat(gpus)
                .extracting(GpuDescription::uuid)
                .doesNotHaveDuplicates()
                .allMatch(uuid -> uuid.startsWith("GPU-"));
        assertThat(gpus).extracting(GpuDescription::pciBusId).doesNotHaveDuplicates();
        assertThat(gpus).allSatisfy(gpu -> {
            assertThat(gpu.model()).isNotBlank();
            assertThat(gpu.memoryMiB()).isPositive();
            assertThat(gpu.numaNode()).isNotNegative();
        });
    }

    @Test
    void instancesProcessesAndUsageCanBeRead() throws GpuException {
        for (GpuDescription gpu : gpus) {
            List<GpuInstance> instances = driver.instances(gpu.uuid());
            List<GpuProcess> processes = driver.processes(gpu.uuid());
            GpuUsage usage = driver.usage(gpu.uuid());

            assertThat(instances).allMatch(instance -> instance.gpuUuid().equals(gpu.uuid()));
            assertThat(processes).extracting(GpuProcess::pid).allMatch(pid -> pid > 0);
            assertThat(usage.memory().orElseThrow().totalBytes())
                    .isGreaterThanOrEqualTo(usage.memory().orElseThrow().usedBytes());
            assertThat(usage.memory().orElseThrow().totalBytes() >> 20).isEqualTo(gpu.memoryMiB());
            assertThat(driver.recoveryAction(gpu.uuid())).isNotNull();
        }
    }

    @Test
    void eventsCanBeListenedTo() throws GpuException {
        try (GpuEvents events = driver.events()) {
            assertThat(events.next(Duration.ofMillis(200))).isNotNull();
        }
    }

    /** Names and memory change between drivers; sizes, places, slices and limits are the board's. */
    @Test
    void profilesLieWhereTheCatalogueHasThem() throws GpuException, IOException {
        List<String> report = new ArrayList<>();
        for (GpuDescription gpu : gpus) {
            report.add("%s: %d MiB, MIG %s, PCI %08X, instances %s, processes %s"
                    .formatted(
                            gpu.model(),
                            gpu.memoryMiB(),
                            gpu.migSupport(),
                            gpu.pci().deviceId(),
                            driver.instances(gpu.uuid()),
                            driver.processes(gpu.uuid()).size()));
            gpu.profiles().forEach(profile -> report.add("  " + profile));
            Optional<GpuDescription> expected = catalogued(gpu.model());
            if (expected.isPresent() && !gpu.profiles().isEmpty()) {
                assertThat(gpu.migSupport()).isEqualTo(expected.get().migSupport());
                assertThat(shapes(gpu.profiles()))
                        .isEqualTo(shapes(expected.get().profiles()));
            } else {
                report.add("  (not compared: the board is not in the catalogue, or the driver tells no profiles now)");
            }
            assertThat(gpu.migSupport() == MigSupport.NONE).isEqualTo(!gpu.migCapable());
        }
        Files.write(Path.of("target", "gpus.txt"), report);
    }

    private static Optional<GpuDescription> catalogued(String model) throws GpuException {
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of(model));
                GpuDriver simulated = machine.openDriver()) {
            return Optional.of(simulated.gpus().getFirst());
        } catch (IllegalArgumentException unknownModel) {
            return Optional.empty();
        }
    }

    /** What of a profile does not depend on the driver: slices and attributes, places, limit. */
    private static Map<String, String> shapes(List<ProfileCapability> profiles) {
        return profiles.stream()
                .collect(Collectors.toMap(
                        profile -> shape(profile.profile(), profile.size()), profile -> "%s, at most %d"
                                .formatted(
                                        profile.placements().stream()
                                                .map(Placement::toString)
                                                .sorted()
                                                .toList(),
                                        profile.maxInstances())));
    }

    private static String shape(MigProfile profile, int size) {
        return "%dg of %d units, with %s without %s"
                .formatted(profile.gpuSlices(), size, profile.attributes(), profile.excluded());
    }
}
