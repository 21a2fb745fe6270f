package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.host.HostPrograms;
import io.migpool.deviceplugin.host.NvidiaSmi;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Boards that change their MIG mode only when {@code nvidia-smi} resets them. It is played by a script, which says by
 * the lines of a file which GPUs it has reset.
 */
class GpuResetTest extends CommandsOnAMachine {

    private static final Path ROOT = Path.of("/");
    private static final String RESETS_ALL = "echo \"$3\" | tr , '\\n' >> \"$reset\"";

    private final MachineWithProgram machineWithProgram = new MachineWithProgram();
    private List<String> gpus = List.of();

    /** A machine whose driver resets nothing by itself, and whose program is refused while the driver is open. */
    private final class MachineWithProgram extends Simulated {

        private int open;
        private Duration limit = Duration.ofSeconds(20);
        /** How often the driver does not open after a reset was tried. */
        private int failuresToOpen;

        private boolean triedReset;
        private int asked;
        /** The pods are asked for this often before someone comes. */
        private int quietTimes = Integer.MAX_VALUE;

        @Override
        public GpuDriver openDriver() throws GpuException {
            if (triedReset && failuresToOpen > 0) {
                failuresToOpen--;
                throw new GpuException(GpuErrorCode.TIMEOUT, "open", "all GPUs", "the driver does not answer");
            }
            open++;
            return new ForwardingDriver(super.openDriver()) {
                @Override
                public void close() {
                    open--;
                    super.close();
                }
            };
        }

        @Override
        public List<Occupant> occupants(List<String> gpuUuids) {
            asked++;
            return asked > quietTimes
                    ? List.of(new Occupant("pod team-a/late", Optional.empty(), gpuUuids.getFirst()))
                    : super.occupants(gpuUuids);
        }

        @Override
        public void resetGpus(List<String> gpuUuids) throws IOException {
            assertThat(open).as("open drivers while GPUs are reset").isZero();
            triedReset = true;
            HostPrograms programs = new HostPrograms(List.of(directory.resolve("bin")), limit);
            try {
                new NvidiaSmi(programs, ROOT, Optional.of(ROOT)).reset(gpuUuids);
            } finally {
                for (String gpu : lines("reset")) {
                    reset(gpu);
                }
            }
        }

        private void reset(String gpu) throws IOException {
            try {
                machine.resetGpu(gpu);
            } catch (GpuException e) {
                throw new IOException(e);
            }
        }
    }

    @Override
    Host host() {
        return machineWithProgram;
    }

    @BeforeEach
    void bootWith() throws Exception {
        boot("NVIDIA A100-SXM4-80GB:2", false);
        nvidiaSmi(RESETS_ALL);
    }

    private void boot(String boards, boolean migEnabled) throws GpuException {
        machine.close();
        machine = SimulatedMachine.inMemory(
                MachineSpec.of(boards).withMigEnabled(migEnabled).withSeed(5));
        gpus = machine.snapshot().gpus().stream()
                .map(gpu -> gpu.description().uuid())
                .toList();
        for (String gpu : gpus) {
            machine.inject(
                    gpu, new SimulatedFault("reset", SimulatedFault.Effect.REFUSED, GpuErrorCode.NOT_SUPPORTED, 99, 0));
        }
    }

    private void nvidiaSmi(String body) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path program = Files.writeString(
                bin.resolve("nvidia-smi"), """
                #!/bin/sh
                PATH=/usr/bin:/bin
                reset=%s
                echo "$@" >> %s
                %s
                """.formatted(directory.resolve("reset"), directory.resolve("calls"), body));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Returns the lines of a file that the program left, and removes it. */
    private List<String> lines(String name) throws IOException {
        Path file = directory.resolve(name);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        Files.deleteIfExists(file);
        return lines;
    }

    private List<MigMode> modes() throws GpuException {
        return machine.snapshot().gpus().stream().map(gpu -> gpu.migMode()).toList();
    }

    private List<String> laidOut(int gpu) throws GpuException {
        return machine.snapshot().gpus().get(gpu).instances().stream()
                .map(instance -> instance.profile() + "@" + instance.placement())
                .toList();
    }

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
}
