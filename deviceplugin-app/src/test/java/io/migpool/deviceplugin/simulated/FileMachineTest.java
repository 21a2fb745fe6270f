package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileMachineTest {

    private static final MachineSpec SPEC =
            MachineSpec.of("NVIDIA A100-SXM4-80GB:2").withSeed(1);
    private static final MigProfile PROFILE = MigProfile.parse("1g.10gb");

    @TempDir
    private Path directory;

    @Test
    void everythingOutlivesTheProcessThatMadeIt() throws GpuException {
        MachineSnapshot before;
        try (SimulatedMachine machine = open();
                GpuDriver driver = machine.openDriver()) {
            String gpu = driver.gpus().getFirst().uuid();
            GpuInstance foreign = machine.createForeignInstance(gpu, MigProfile.parse("3g.40gb"), Rig.at("4:4"), 2, 1);
            machine.startProcess(foreign.computeInstances().getFirst().migUuid(), 17, 4_000);
            machine.loseGpu(driver.gpus().getLast().uuid());
            machine.inject(gpu, SimulatedFault.refuseNext("createGpuInstance", GpuErrorCode.NO_PERMISSION));
            before = machine.snapshot();
        }

        try (SimulatedMachine machine = open();
                GpuDriver driver = machine.openDriver()) {
            String gpu = driver.gpus().getFirst().uuid();
            assertThat(machine.snapshot()).isEqualTo(before);
            assertRefused(GpuErrorCode.NO_PERMISSION, () -> driver.createGpuInstance(gpu, PROFILE, Rig.at("0:1")));
            assertThat(driver.instances(gpu)).hasSize(1);
        }
    }

    @Test
    void anExistingMachineIsNotRebuiltFromAnotherList() throws GpuException {
        try (SimulatedMachine machine = open();
                SimulatedMachine again = SimulatedMachine.onFile(file(), MachineSpec.of("NVIDIA H200:8"))) {
            assertThat(again.snapshot()).isEqualTo(machine.snapshot());
        }
    }

    @Test
    void twoMachinesOnOneFileSeeEachOther() throws GpuException {
        try (SimulatedMachine one = open();
                SimulatedMachine two = open();
                GpuDriver driverOne = one.openDriver();
                GpuDriver driverTwo = two.openDriver()) {
            String gpu = driverOne.gpus().getFirst().uuid();
            GpuInstance instance = driverOne.createGpuInstance(gpu, PROFILE, Rig.at("0:1"));

            assertThat(driverTwo.instances(gpu)).containsExactly(instance);
            assertRefused(
                    GpuErrorCode.INSUFFICIENT_RESOURCES,
                    () -> driverTwo.createGpuInstance(gpu, PROFILE, Rig.at("0:1")));
            driverTwo.destroyGpuInstance(instance);
            assertThat(driverOne.instances(gpu)).isEmpty();
        }
    }

    @Test
    void closingOneMachineLeavesTheOtherUsable() throws GpuException {
        try (SimulatedMachine one = open()) {
            open().close();

            assertThat(one.reboot()).isEqualTo(one.snapshot().bootId());
        }
    }

    @Test
    void aWriterThatDiedHalfWayChangesNothing() throws GpuException, IOException {
        MachineSnapshot before;
        try (SimulatedMachine machine = open()) {
            before = machine.snapshot();
        }
        byte[] whole = Files.readAllBytes(file());
        Files.write(directory.resolve("gpus.json.tmp"), Arrays.copyOf(whole, whole.length / 2));

        try (SimulatedMachine machine = open()) {
            assertThat(machine.snapshot()).isEqualTo(before);
            String bootId = machine.reboot();
            assertThat(machine.snapshot().bootId()).isEqualTo(bootId);
        }
    }

    @Test
    void aRefusedChangeIsNotWritten() throws GpuException, IOException {
        try (SimulatedMachine machine = open()) {
            byte[] before = Files.readAllBytes(file());
            assertRefused(GpuErrorCode.NOT_FOUND, () -> machine.startProcess("MIG-nowhere", 1, 1));
            assertThat(Files.readAllBytes(file())).isEqualTo(before);
        }
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Files.writeString(file(), "{\"format\": 2, \"seed\": 3");

        assertRefused(GpuErrorCode.UNKNOWN, this::open)
                .contains(file() + " is damaged, remove it to start with a new machine");
    }

    @Test
    void aFileOfAnotherFormatIsNotMisread() throws IOException {
        Files.writeString(file(), "{\"format\":1,\"seed\":1,\"drawn\":1,\"bootId\":\"b\",\"gpus\":[]}");

        assertRefused(GpuErrorCode.UNKNOWN, this::open).contains("state format 1; this release reads 2");
    }

    @Test
    void aMalformedPlacementInTheFileIsNamed() throws GpuException, IOException {
        try (SimulatedMachine machine = open();
                GpuDriver driver = machine.openDriver()) {
            driver.createGpuInstance(driver.gpus().getFirst().uuid(), PROFILE, Rig.at("2:1"));
        }
        Files.writeString(file(), Files.readString(file()).replace("\"2:1\"", "\"2+1\""));

        assertRefused(GpuErrorCode.UNKNOWN, this::open).contains("placement '2+1' is not of the form start:size");
    }

    @Test
    void aPlaceThatIsNoDirectoryIsNamed() throws IOException {
        Path notADirectory = Files.createFile(directory.resolve("taken"));

        assertRefused(GpuErrorCode.UNKNOWN, () -> SimulatedMachine.onFile(notADirectory.resolve("gpus.json"), SPEC))
                .contains("no simulated machine can be kept in " + notADirectory);
    }

    @Test
    void anUnknownBoardLeavesNoFile() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedMachine.onFile(file(), MachineSpec.of("NVIDIA Titan")));
        assertThat(file()).doesNotExist();
    }

    private SimulatedMachine open() throws GpuException {
        return SimulatedMachine.onFile(file(), SPEC);
    }

    private Path file() {
        return directory.resolve("gpus.json");
    }
}
