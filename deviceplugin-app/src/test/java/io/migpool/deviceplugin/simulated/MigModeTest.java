package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MigModeTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";

    @Test
    void hopperSwitchesAtOnce() throws GpuException {
        try (Rig rig = off(HOPPER)) {
            assertThat(rig.driver().migMode(rig.gpu())).isEqualTo(MigMode.OFF);

            assertThat(rig.driver().enableMig(rig.gpu())).isEqualTo(MigMode.ON);

            rig.cut("1g.10gb", "0:1");
        }
    }

    @Test
    void ampereWaitsForAReset() throws GpuException {
        try (Rig rig = off(AMPERE)) {
            assertThat(rig.driver().enableMig(rig.gpu())).isEqualTo(MigMode.PENDING);
            assertThat(rig.driver().enableMig(rig.gpu()).resetRequired()).isTrue();
            assertRefused(GpuErrorCode.RESET_REQUIRED, () -> rig.cut("1g.10gb", "0:1"))
                    .contains("MIG mode is pending", "nvidia-smi --gpu-reset");

            rig.machine().resetGpu(rig.gpu());

            assertThat(rig.driver().migMode(rig.gpu())).isEqualTo(MigMode.ON);
            rig.cut("1g.10gb", "0:1");
        }
    }

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void nothingIsCutWhileTheModeIsOff(Board board) throws GpuException {
        try (Rig rig = off(board.model())) {
            Slot any = Slot.of(rig.description()).getFirst();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> rig.cut(any.profile(), any.placement()))
                    .contains("MIG mode is off");
            assertThat(rig.instances()).isEmpty();
        }
    }

    @Test
    void profilesAreTellableWhileTheModeIsOff() throws GpuException {
        try (Rig rig = off(HOPPER)) {
            assertThat(rig.description().profiles()).hasSize(7);
        }
    }

    @Test
    void switchingOnWhatIsOnChangesNothing() throws GpuException {
        try (Rig rig = Rig.with(AMPERE)) {
            rig.cutWhole("3g.40gb", "0:4");

            assertThat(rig.driver().enableMig(rig.gpu())).isEqualTo(MigMode.ON);
            assertThat(rig.instances()).hasSize(1);
        }
    }

    @Test
    void theModeDoesNotChangeUnderAProcess() throws GpuException {
        try (Rig rig = off(HOPPER)) {
            rig.machine().startProcess(rig.gpu(), 17, 500);
            assertRefused(GpuErrorCode.IN_USE, () -> rig.driver().enableMig(rig.gpu()))
                    .contains("processes [17]");
            assertThat(rig.driver().migMode(rig.gpu())).isEqualTo(MigMode.OFF);

            rig.machine().endProcess(17);
            assertThat(rig.driver().enableMig(rig.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    void aBoardWithoutMigSaysSo() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA L40S")) {
            assertThat(rig.description().migCapable()).isFalse();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> rig.driver().migMode(rig.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> rig.driver().enableMig(rig.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> rig.cut("1g.10gb", "0:1"))
                    .contains("NVIDIA L40S has no MIG");
            assertThat(rig.instances()).isEmpty();
        }
    }

    @Test
    void ampereRemembersTheModeOverAReboot() throws GpuException {
        try (Rig rig = off(AMPERE)) {
            rig.driver().enableMig(rig.gpu());
            rig.machine().reboot();
            assertThat(rig.driver().migMode(rig.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    void hopperForgetsTheModeOverAReboot() throws GpuException {
        try (Rig rig = Rig.with(HOPPER)) {
            rig.machine().reboot();
            assertThat(rig.driver().migMode(rig.gpu())).isEqualTo(MigMode.OFF);
        }
    }

    private static Rig off(String model) throws GpuException {
        return Rig.with(MachineSpec.of(model).withMigEnabled(false).withSeed(1));
    }
}
