package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A reset that fails, or must not be, leaves everything as it was. */
class GpuResetFailureTest extends CommandsWithNvidiaSmi {

    @Test
    void aPodThatComesWhileModesArePendingIsNotDisturbed() throws Exception {
        machineWithProgram.quietTimes = 2;

        Answer waits = apply("mixed");

        assertThat(waits.code()).isEqualTo(1);
        assertThat(waits.err()).contains("no GPU was reset", "pod team-a/late", "the former MIG modes are restored");
        assertThat(lines("calls")).isEmpty();
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @Test
    void aModeThatAnUnseenUserKeepsPendingDoesNotStayPending() throws Exception {
        machine.inject(
                gpus.getFirst(),
                new SimulatedFault("enableMig", SimulatedFault.Effect.DONE_AND_FAILED, GpuErrorCode.IN_USE, 1, 0));

        Answer failed = apply("mixed");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("IN_USE", "the former MIG modes are restored");
        assertThat(lines("calls")).isEmpty();
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "echo 'GPU 0: In use by another client'; exit 255        | exited with 255: GPU 0: In use by another client",
                "echo 'reset them together with GPU 3' >&2; exit 1       | exited with 1: reset them together with GPU 3",
                "exec sleep 600                                          | has not ended within PT2S",
                "true                                                    | its MIG mode is still pending"
            })
    void aResetThatFailsIsToldAndEverythingIsAsBefore(String body, String told) throws Exception {
        apply("mixed");
        List<String> before = laidOut(0);
        assertThat(before).isNotEmpty();
        nvidiaSmi(body);
        machineWithProgram.limit = Duration.ofSeconds(2);

        Answer failed = apply("off");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains(told, "reset", "the former MIG modes are restored");
        assertThat(modes()).containsOnly(MigMode.ON);
        assertThat(laidOut(0)).isEqualTo(before);
        assertThat(laidOut(1)).isEqualTo(before);
    }

    @Test
    void aFailedResetIsToldWithWhatToDo() throws Exception {
        nvidiaSmi("exit 1");

        assertThat(apply("mixed").err())
                .contains(String.join(", ", gpus) + " cannot be reset", "fuser -v", "NVLink", "apply -s -m");
    }

    @Test
    void aMissingProgramIsNamedAndNoModeStaysPending() throws Exception {
        Files.delete(directory.resolve("bin/nvidia-smi"));

        Answer failed = apply("mixed");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err())
                .contains("nvidia-smi is not in [" + directory.resolve("bin"), "the former MIG modes are restored");
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @Test
    void gpusThatWereResetBeforeAnotherFailedAreResetBack() throws Exception {
        apply("mixed");
        List<String> before = laidOut(0);
        lines("calls");
        nvidiaSmi("echo \"$3\" | cut -d, -f1 >> \"$reset\"; case $3 in *,*) exit 1;; esac");

        Answer failed = apply("off");

        assertThat(failed.err()).contains("the former MIG modes are restored");
        assertThat(lines("calls"))
                .containsExactly("--gpu-reset -i " + String.join(",", gpus), "--gpu-reset -i " + gpus.getFirst());
        assertThat(modes()).containsOnly(MigMode.ON);
        assertThat(laidOut(0)).isEqualTo(before);
        assertThat(laidOut(1)).isEqualTo(before);
    }

    @Test
    void aHookThatFailsAfterTheResetHasTheGpusResetBack() throws Exception {
        Path file = Files.writeString(
                directory.resolve("hooks.yaml"), "{version: v1, hooks: {pre-apply-config: [{command: /bin/false}]}}");

        Answer failed = run("apply", "-f", config.toString(), "-c", "mixed", "-k", file.toString());

        assertThat(failed.err()).contains("/bin/false", "the former MIG modes are restored");
        assertThat(lines("calls")).hasSize(2);
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @Test
    void aDriverThatDoesNotOpenAfterTheResetIsOpenedOnceMoreToTakeItBack() throws Exception {
        machineWithProgram.failuresToOpen = 1;

        Answer failed = apply("mixed");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("the driver does not answer", "the former MIG modes are restored");
        assertThat(modes()).containsOnly(MigMode.OFF);
    }

    @Test
    void aDriverThatStaysAwayIsToldWithWhatIsNotRestored() throws Exception {
        machineWithProgram.failuresToOpen = 9;

        Answer failed = apply("mixed");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err())
                .contains("the driver does not answer", "the former MIG modes could not be restored, see export");
    }
}
