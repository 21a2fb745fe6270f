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

/**
 * A machine whose boards change their MIG mode only when {@code nvidia-smi} resets them. It is played by a script,
 * which says by the lines of a file which GPUs it has reset.
 */
abstract class CommandsWithNvidiaSmi extends CommandsOnAMachine {

    private static final Path ROOT = Path.of("/");
    static final String RESETS_ALL = "echo \"$3\" | tr , '\\n' >> \"$reset\"";
    final MachineWithProgram machineWithProgram = new MachineWithProgram();
    List<String> gpus = List.of();

    /** A machine whose driver resets nothing by itself, and whose program is refused while the driver is open. */
    final class MachineWithProgram extends Simulated {

        int open;
        Duration limit = Duration.ofSeconds(20);
        /** How often the driver does not open after a reset was tried. */
        int failuresToOpen;

        private boolean triedReset;
        private int asked;
        /** The pods are asked for this often before someone comes. */
        int quietTimes = Integer.MAX_VALUE;

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
    final void bootBoards() throws Exception {
        boot("NVIDIA A100-SXM4-80GB:2", false);
        nvidiaSmi(RESETS_ALL);
    }

    final void boot(String boards, boolean migEnabled) throws GpuException {
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

    final void nvidiaSmi(String body) throws IOException {
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
    final List<String> lines(String name) throws IOException {
        Path file = directory.resolve(name);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        Files.deleteIfExists(file);
        return lines;
    }

    final List<MigMode> modes() throws GpuException {
        return machine.snapshot().gpus().stream().map(gpu -> gpu.migMode()).toList();
    }

    final List<String> laidOut(int gpu) throws GpuException {
        return machine.snapshot().gpus().get(gpu).instances().stream()
                .map(instance -> instance.profile() + "@" + instance.placement())
                .toList();
    }
}
