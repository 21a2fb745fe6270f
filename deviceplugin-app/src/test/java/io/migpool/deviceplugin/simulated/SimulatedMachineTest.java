package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedMachineTest {

    private Rig rig;

    @BeforeEach
    void boot() throws GpuException {
        rig = Rig.with("NVIDIA A100-SXM4-80GB:2, NVIDIA L40S, NVIDIA H200:3");
    }

    @AfterEach
    void shutDown() {
        rig.close();
    }

    @Test
    void theGpusAreThoseOfTheList() throws GpuException {
        assertThat(rig.driver().gpus())
                .extracting(GpuDescription::model)
                .containsExactly(
                        "NVIDIA A100-SXM4-80GB",
                        "NVIDIA A100-SXM4-80GB",
                        "NVIDIA L40S",
                        "NVIDIA H200",
                        "NVIDIA H200",
                        "NVIDIA H200");
        assertThat(rig.driver().gpus()).extracting(GpuDescription::index).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(rig.driver().gpus()).extracting(GpuDescription::numaNode).containsExactly(0, 0, 0, 0, 1, 1);
        assertThat(rig.driver().gpus()).extracting(GpuDescription::uuid).doesNotHaveDuplicates();
        assertThat(rig.driver().gpus().getLast().pciBusId()).isEqualTo("00000000:06:00.0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ":3", "NVIDIA A30:0", "NVIDIA A30:many", "NVIDIA A30:65", "NVIDIA A30,,", "NVIDIA A30:-1"})
    void aMalformedListOfBoardsIsExplained(String boards) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MachineSpec.of(boards))
                .withMessageContaining("is not of the form <model>:<number from 1 to 64>");
    }

    @Test
    void tooManyGpusAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MachineSpec.of("NVIDIA A30:60, NVIDIA H200:5"))
                .withMessage("a simulated machine with 65 GPUs; 1 to 64 can be simulated");
    }

    @Test
    void processesAreListedWhereTheyRun() throws GpuException {
        GpuInstance instance = rig.cutWhole("2g.20gb", "4:2");
        rig.machine().startProcess(rig.gpu(), 30, 100);
        rig.machine().startProcess(uuid(instance), 20, 2_000);

        assertThat(rig.driver().processes(rig.gpu()))
                .containsExactly(
                        new GpuProcess(20, instance.id(), 0, 2_000),
                        new GpuProcess(30, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, 100));
    }

    @Test
    void whatAProcessUsesIsNotDestroyed() throws GpuException {
        GpuInstance instance = rig.cutWhole("2g.20gb", "4:2");
        GpuInstance neighbour = rig.cutWhole("1g.10gb", "0:1");
        rig.machine().startProcess(uuid(instance), 20, 2_000);

        assertRefused(GpuErrorCode.IN_USE, () -> rig.destroy(instance)).contains("processes [20]", uuid(instance));
        rig.destroy(neighbour);

        rig.machine().endProcess(20);
        rig.destroy(instance);
        assertThat(rig.instances()).isEmpty();
    }

    @Test
    void aMonitorBlocksWithoutBeingSeen() throws GpuException {
        GpuInstance instance = rig.cutWhole("1g.10gb", "0:1");
        rig.machine().holdUnseen(uuid(instance), 99);

        assertThat(rig.driver().processes(rig.gpu())).isEmpty();
        assertRefused(GpuErrorCode.IN_USE, () -> rig.destroy(instance)).contains("that the driver does not list");

        rig.machine().endProcess(99);
        rig.destroy(instance);
    }

    @Test
    void aProcessNeedsADevice() {
        assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.machine().startProcess("MIG-nowhere", 1, 1))
                .contains("MIG-nowhere");
    }

    @Test
    void aLostGpuFailsAloneUntilItIsReset() throws GpuException {
        String other = rig.driver().gpus().get(1).uuid();
        rig.cutWhole("1g.10gb", "0:1");
        rig.machine().loseGpu(rig.gpu());

        assertThat(rig.driver().gpus()).hasSize(6);
        assertRefused(GpuErrorCode.GPU_LOST, () -> rig.cut("1g.10gb", "1:1"));
        assertRefused(GpuErrorCode.GPU_LOST, () -> rig.driver().instances(rig.gpu()));
        assertRefused(GpuErrorCode.GPU_LOST, () -> rig.driver().processes(rig.gpu()));
        assertRefused(GpuErrorCode.GPU_LOST, () -> rig.driver().migMode(rig.gpu()));
        assertThat(rig.driver().instances(other)).isEmpty();
        assertThat(rig.machine().snapshot().gpus())
                .extracting(MachineSnapshot.Gpu::lost)
                .containsExactly(true, false, false, false, false, false);

        rig.machine().resetGpu(rig.gpu());
        assertThat(rig.instances()).isEmpty();
    }

    @Test
    void aGpuThatIsHeldIsNotReset() throws GpuException {
        rig.machine().startProcess(rig.gpu(), 5, 1);

        assertRefused(GpuErrorCode.IN_USE, () -> rig.machine().resetGpu(rig.gpu()));
    }

    @Test
    void aRebootLeavesNothingButTheGpus() throws GpuException {
        String before = rig.driver().bootId();
        rig.machine().startProcess(uuid(rig.cutWhole("1g.10gb", "0:1")), 7, 1);

        String after = rig.machine().reboot();

        assertThat(after).isNotEqualTo(before).isEqualTo(rig.driver().bootId());
        assertThat(rig.instances()).isEmpty();
        assertThat(rig.driver().processes(rig.gpu())).isEmpty();
        assertThat(rig.driver().gpus().getFirst().uuid()).isEqualTo(rig.gpu());
    }

    @Test
    void aRebootEndsACreationUnderWay() throws GpuException {
        var interruptedByReboot = rig.machine().driver(Duration.ofSeconds(1), time -> rebootQuietly(), () -> {});

        assertRefused(
                        GpuErrorCode.GPU_LOST,
                        () -> interruptedByReboot.createGpuInstance(
                                rig.gpu(),
                                rig.description().profiles().getFirst().profile(),
                                Rig.at("0:1")))
                .contains("rebooted meanwhile");
        assertThat(rig.instances()).isEmpty();
    }

    private void rebootQuietly() {
        try {
            rig.machine().reboot();
        } catch (GpuException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anUnknownGpuIsNotFound() {
        assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.driver().instances("GPU-nowhere"))
                .contains("instances on GPU-nowhere");
    }

    @Test
    void aClosedDriverRefusesAndTheMachineLivesOn() throws GpuException {
        rig.cutWhole("1g.10gb", "0:1");
        AtomicInteger closings = new AtomicInteger();
        var driver = rig.machine().driver(Duration.ZERO, time -> {}, closings::incrementAndGet);
        driver.close();
        driver.close();

        assertRefused(GpuErrorCode.INVALID_ARGUMENT, driver::gpus).contains("the driver is closed");
        assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> driver.instances(rig.gpu()));
        assertThat(closings).hasValue(1);
        assertThat(rig.instances()).hasSize(1);
    }

    private static String uuid(GpuInstance instance) {
        return instance.computeInstances().getFirst().migUuid();
    }
}
