package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How MIG mode is switched, and what that waits for. */
interface MigModeContract extends Machines {

    @Test
    default void migModeGoesOffOnlyWithoutInstances() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            MigModeSwitch modes = lab.driver().modeSwitch().orElseThrow();
            GpuInstance instance = lab.cut("3g.40gb", "4:4");
            assertRefused(GpuErrorCode.IN_USE, () -> modes.disableMig(lab.gpu()));
            lab.destroy(instance);

            assertThat(modes.disableMig(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(modes.disableMig(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    default void migModeThatNeedsAResetToGoOffStaysOnUntilThen() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            MigMode mode = lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu());

            assertThat(mode).isEqualTo(new MigMode(true, false));
            assertThat(mode.resetRequired()).isTrue();
        }
    }

    @Test
    default void nothingIsCutWhileMigModeIsOff() throws GpuException {
        try (GpuLab lab = boot(false, HOPPER)) {
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(lab.description().profiles()).hasSize(7);
            assertThat(lab.instances()).isEmpty();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("MIG mode is off");

            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            lab.cut("1g.10gb", "0:1");
        }
    }

    @Test
    default void aBoardThatNeedsAResetWaitsForIt() throws GpuException {
        try (GpuLab lab = boot(false, AMPERE)) {
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.PENDING);
            assertThat(lab.driver().migMode(lab.gpu()).resetRequired()).isTrue();
            assertRefused(GpuErrorCode.RESET_REQUIRED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("MIG mode is pending", "nvidia-smi --gpu-reset");

            lab.resetGpu(lab.gpu());

            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.ON);
            lab.cut("1g.10gb", "0:1");
        }
    }

    @Test
    default void theModeDoesNotChangeUnderAProcess() throws GpuException {
        try (GpuLab lab = boot(false, HOPPER)) {
            lab.startProcess(lab.gpu(), 17, 500);
            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().enableMig(lab.gpu()));
            assertThat(lab.driver().migMode(lab.gpu()).enabled()).isFalse();

            lab.endProcess(17);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    default void whatOnlyTheNextResetWouldChangeIsTakenBackUnderAProcess() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            MigModeSwitch modes = lab.driver().modeSwitch().orElseThrow();
            modes.disableMig(lab.gpu());
            lab.startProcess(lab.gpu(), 17, 500);

            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            lab.endProcess(17);
            lab.resetGpu(lab.gpu());
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.ON);
        }
        try (GpuLab lab = boot(false, AMPERE)) {
            MigModeSwitch modes = lab.driver().modeSwitch().orElseThrow();
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.PENDING);
            lab.startProcess(lab.gpu(), 17, 500);

            assertThat(modes.disableMig(lab.gpu())).isEqualTo(MigMode.OFF);
            lab.endProcess(17);
            lab.resetGpu(lab.gpu());
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    default void aBoardWithoutMigSaysSo() throws GpuException {
        try (GpuLab lab = boot(true, NO_MIG)) {
            assertThat(lab.description().migCapable()).isFalse();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().migMode(lab.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().enableMig(lab.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains(NO_MIG + " has no MIG");
            assertThat(lab.instances()).isEmpty();
            assertThat(lab.driver().processes(lab.gpu())).isEmpty();
        }
    }
}
