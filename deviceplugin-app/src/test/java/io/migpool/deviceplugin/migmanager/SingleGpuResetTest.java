package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Boards whose MIG mode changes only with a reset, where the GPU alone may be reset. */
class SingleGpuResetTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private final ProtocolRig node =
            new ProtocolRig(MachineSpec.of(Boards.A100 + ":2").withMigEnabled(false));

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void aGpuOnWhichNothingRunsIsResetWhereThatIsAllowed() throws GpuException {
        node.mayReset = true;
        node.ask("all-balanced");

        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:2 2g.20gb:1 3g.40gb:1"));
        node.ask("all-disabled");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.driver().migMode(node.lab.gpu(0)).enabled()).isFalse();
    }

    @Test
    void aGpuThatIsUsedIsNeverReset() throws GpuException {
        node.mayReset = true;
        node.lab.machine().startProcess(node.lab.gpu(1), 4711, 10);
        node.ask("all-balanced");

        node.step();

        assertThat(node.state()).contains("pending");
        assertThat(node.told).singleElement().asString().contains("process 4711");
        assertThat(node.lab.driver().migMode(node.lab.gpu(0)).pending()).isFalse();
    }

    @Test
    void aResetThatFailsHalfWayIsTakenBack() throws GpuException {
        node.mayReset = true;
        node.lab
                .machine()
                .inject(
                        node.lab.gpu(1),
                        new SimulatedFault("reset", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 1, 0));
        node.ask("all-balanced");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.lab.driver().migMode(node.lab.gpu(0)).enabled()).isFalse();
    }

    @Test
    void withoutResetAndRebootThePersonIsToldWhatToDo() throws GpuException {
        node.ask("all-balanced");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.told)
                .singleElement()
                .asString()
                .contains("nvidia-smi -mig", "take the node agent off the node", "--gpu-reset", "reboot");

        node.lab.driver().enableMig(node.lab.gpu(0));
        node.lab.driver().enableMig(node.lab.gpu(1));
        node.lab.machine().resetGpu(node.lab.gpu(0));
        node.lab.machine().resetGpu(node.lab.gpu(1));
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("success");
    }

    @Test
    void aSwitchThatFailsLeavesNoWishBehindForTheNextReboot() throws GpuException {
        node.mayReset = true;
        node.ask("all-balanced");
        node.step();
        node.lab.fail(1, "reset", SimulatedFault.Effect.REFUSED, 9);
        node.ask("all-disabled");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("failed");
        assertThat(node.lab.driver().migMode(node.lab.gpu(1))).isEqualTo(MigMode.ON);

        node.ask("all-balanced");
        node.stepAfter(SECOND);
        node.bootAgain();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.driver().migMode(node.lab.gpu(1))).isEqualTo(MigMode.ON);
    }
}
