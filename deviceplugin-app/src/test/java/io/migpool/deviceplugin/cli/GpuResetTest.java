package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** GPUs are reset on the way to another MIG mode. */
class GpuResetTest extends CommandsWithNvidiaSmi {

    @Test
    void boardsThatNeedAResetAreResetByOneCallAndThenPartitioned() throws Exception {
        Answer applied = run("-d", "apply", "-f", config.toString(), "-c", "mixed");

        assertThat(applied.code()).as(applied.err()).isZero();
        assertThat(applied.err()).contains("resetting " + String.join(", ", gpus));
        assertThat(lines("calls")).containsExactly("--gpu-reset -i " + String.join(",", gpus));
        assertThat(modes()).containsOnly(MigMode.ON);
        assertThat(assertThatIs("mixed").code()).isZero();
        assertThat(machineWithProgram.open).isZero();
    }

    @Test
    void onlyTheGpusWhoseModeChangesAreReset() throws Exception {
        Path one = Files.writeString(directory.resolve("one.yaml"), """
                version: v1
                mig-configs:
                  one:
                    - {devices: [0], mig-enabled: false}
                    - {devices: [1], mig-enabled: true, mig-devices: {"7g.80gb": 1}}
                """);

        Answer applied = run("apply", "-f", one.toString());

        assertThat(applied.code()).as(applied.err()).isZero();
        assertThat(lines("calls")).containsExactly("--gpu-reset -i " + gpus.get(1));
        assertThat(modes()).containsExactly(MigMode.OFF, MigMode.ON);
    }

    @Test
    void boardsThatNeedNoResetAreNotReset() throws Exception {
        boot("NVIDIA H100 80GB HBM3, NVIDIA A100-SXM4-80GB", false);

        Answer applied = apply("mixed");

        assertThat(applied.code()).as(applied.err()).isZero();
        assertThat(lines("calls")).containsExactly("--gpu-reset -i " + gpus.get(1));
        assertThat(modes()).containsOnly(MigMode.ON);
    }

    @Test
    void withTheModesInForceNothingIsReset() throws Exception {
        apply("mixed");
        lines("calls");

        assertThat(apply("small").code()).isZero();

        assertThat(lines("calls")).isEmpty();
    }

    @Test
    void aCheckpointIsRestoredThroughResets() throws Exception {
        String file = directory.resolve("checkpoint.json").toString();
        apply("mixed");
        List<String> before = laidOut(1);
        run("checkpoint", "-f", file);
        assertThat(apply("off").code()).isZero();
        assertThat(modes()).containsOnly(MigMode.OFF);
        lines("calls");

        Answer restored = run("restore", "-f", file);

        assertThat(restored).isEqualTo(new Answer(0, "MIG configuration restored successfully\n", ""));
        assertThat(lines("calls")).containsExactly("--gpu-reset -i " + String.join(",", gpus));
        assertThat(laidOut(1)).isEqualTo(before);
    }

    @Test
    void hooksOfTheModeRunBeforeTheResetAndThoseOfTheLayoutAfterIt() throws Exception {
        nvidiaSmi("echo reset >> %s; %s".formatted(directory.resolve("order"), RESETS_ALL));
        StringBuilder hooks = new StringBuilder("version: v1\nhooks:\n");
        for (String point : List.of("apply-start", "pre-apply-mode", "pre-apply-config", "apply-exit")) {
            hooks.append("  %1$s: [{command: /bin/sh, args: [\"-c\", \"echo %1$s >> %2$s\"]}]\n"
                    .formatted(point, directory.resolve("order")));
        }
        Path file = Files.writeString(directory.resolve("hooks.yaml"), hooks);

        run("apply", "-f", config.toString(), "-c", "mixed", "-k", file.toString());

        assertThat(lines("order"))
                .containsExactly("apply-start", "pre-apply-mode", "reset", "pre-apply-config", "apply-exit");
    }

    @Test
    void aGpuThatIsUsedIsNotReset() throws Exception {
        machine.startProcess(gpus.get(1), 4711, 10);

        Answer waits = apply("mixed");

        assertThat(waits.code()).isEqualTo(1);
        assertThat(waits.err()).contains("nothing was changed, GPUs are in use", "4711");
        assertThat(lines("calls")).isEmpty();
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @Test
    void withSkipResetNothingIsReset() throws Exception {
        assertThat(run("apply", "-s", "-m", "-f", config.toString(), "-c", "mixed")
                        .code())
                .isZero();

        assertThat(lines("calls")).isEmpty();
        assertThat(modes()).containsOnly(MigMode.PENDING);
        assertThat(apply("mixed").code()).isZero();
        assertThat(lines("calls")).hasSize(1);
    }

    @Test
    void withSkipResetTheModesOfBoardsThatNeedNoneAreChangedAllTheSame() throws Exception {
        boot("NVIDIA A100-SXM4-80GB, NVIDIA H100 80GB HBM3", false);

        assertThat(run("apply", "-s", "-m", "-f", config.toString(), "-c", "mixed")
                        .code())
                .isZero();

        assertThat(modes()).containsExactly(MigMode.PENDING, MigMode.ON);
    }

    @Test
    void aModeThatWasPendingBeforeComesIntoForce() throws Exception {
        try (GpuDriver driver = machine.openDriver()) {
            for (String gpu : gpus) {
                driver.enableMig(gpu);
            }
        }

        assertThat(apply("mixed").code()).isZero();

        assertThat(modes()).containsOnly(MigMode.ON);
        assertThat(laidOut(0)).isNotEmpty();
    }

    @Test
    void aResetThatFlagAndVariableForbidDoesNotHappen() {
        machine.close();
        machine = SimulatedMachine.inMemory(
                MachineSpec.of("NVIDIA A100-SXM4-80GB").withMigEnabled(false).withSeed(5));

        Answer kept = runIn(
                Map.of("MIG_PARTED_SKIP_RESET", "true"), "", "apply", "-s", "-f", config.toString(), "-c", "mixed");

        assertThat(kept.code()).isEqualTo(1);
        assertThat(kept.err()).contains("reset");
    }

    @Test
    void withoutResetTheModeWaitsForOne() throws Exception {
        machine.close();
        machine = SimulatedMachine.inMemory(
                MachineSpec.of("NVIDIA A100-SXM4-80GB").withMigEnabled(false).withSeed(5));

        assertThat(run("apply", "-s", "-m", "-f", config.toString(), "-c", "mixed")
                        .code())
                .isZero();
        assertThat(run("assert", "-m", "-f", config.toString(), "-c", "mixed").code())
                .isEqualTo(1);
        Answer whole = run("apply", "-s", "-f", config.toString(), "-c", "mixed");
        assertThat(whole.code()).isEqualTo(1);
        assertThat(whole.err()).contains("reset");

        assertThat(apply("mixed").code()).isZero();
        assertThat(assertThatIs("mixed").code()).isZero();
    }
}
