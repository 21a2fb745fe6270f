package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class OtherProcessTest {

    private static final int CHANGES = 300;

    @TempDir
    private Path directory;

    @Test
    @Timeout(60)
    void noChangeOfTwoProcessesIsLost() throws Exception {
        Path file = directory.resolve("gpus.json");
        try (SimulatedMachine machine = SimulatedMachine.onFile(file, MachineSpec.of("NVIDIA A30"))) {
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Neighbour.class.getName(),
                            file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("neighbour.log").toFile())
                    .start();
            try {
                startProcesses(machine, 1);
                assertThat(other.waitFor(1, TimeUnit.MINUTES)).isTrue();
            } finally {
                other.destroyForcibly();
            }
            assertThat(directory.resolve("neighbour.log")).isEmptyFile();
            assertThat(other.exitValue()).isZero();
            assertThat(machine.snapshot().gpus().getFirst().processes()).hasSize(2 * CHANGES);
        }
    }

    private static void startProcesses(SimulatedMachine machine, long firstPid) throws GpuException {
        String gpu = machine.snapshot().gpus().getFirst().description().uuid();
        for (int i = 0; i < CHANGES; i++) {
            machine.startProcess(gpu, firstPid + i, 1);
        }
    }

    /** The other process. */
    static final class Neighbour {

        private Neighbour() {}

        public static void main(String[] args) throws GpuException {
            try (SimulatedMachine machine = SimulatedMachine.onFile(Path.of(args[0]), MachineSpec.of("NVIDIA A30"))) {
                startProcesses(machine, 1_000_000);
            }
        }
    }
}
