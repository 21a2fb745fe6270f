package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as the program that people start, on a machine that lives in a file, without Kubernetes. */
class MigPartedProgramTest {

    private static final String MAIN = "io.migpool.deviceplugin.cli.MigParted";

    private static final String CONFIG = """
            version: v1
            mig-configs:
              mixed:
                - devices: [0]
                  mig-enabled: true
                  mig-devices: {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}
                - devices: [1]
                  mig-enabled: false
              off:
                - devices: all
                  mig-enabled: false
            """;

    @TempDir
    private Path directory;

    /** What a process left. */
    private record Answer(int code, String out, String err) {}

    @Test
    void eachCommandFindsTheGpusAsTheLastOneLeftThem() throws Exception {
        Files.writeString(directory.resolve("config.yaml"), CONFIG);

        assertThat(run("apply", "-f", "config.yaml", "-c", "mixed"))
                .isEqualTo(new Answer(0, "MIG configuration applied successfully\n", ""));
        assertThat(run("checkpoint", "-f", "before.json"))
                .isEqualTo(new Answer(0, "MIG configuration checkpointed successfully\n", ""));
        assertThat(run("apply", "-f", "config.yaml", "-c", "off").code()).isZero();
        Answer asserted = run("assert", "-f", "config.yaml", "-c", "mixed");
        assertThat(asserted.code()).isEqualTo(1);
        assertThat(asserted.out()).isEmpty();
        assertThat(asserted.err()).contains("selected configuration not currently applied");
        assertThat(run("restore", "-f", "before.json"))
                .isEqualTo(new Answer(0, "MIG configuration restored successfully\n", ""));
        Answer exported = run("export", "-l", "mixed");
        assertThat(exported.code()).isZero();
        assertThat(exported.out()).contains("1g.10gb", "2g.20gb", "3g.40gb", "mig-enabled: false");
    }

    @Test
    void boardsThatNeedAResetAreResetByNvidiaSmi() throws Exception {
        Files.writeString(directory.resolve("config.yaml"), CONFIG);
        List<String> gpus = boardsThatOnlyNvidiaSmiResets();

        Answer missing = run("apply", "-f", "config.yaml", "-c", "mixed");

        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("nvidia-smi is not in [", "the former MIG modes are restored");

        Path called = installNvidiaSmi();

        assertThat(run("apply", "-f", "config.yaml", "-c", "mixed"))
                .isEqualTo(new Answer(0, "MIG configuration applied successfully\n", ""));
        assertThat(called).hasContent("--gpu-reset -i " + gpus.getFirst());
        assertThat(run("assert", "-f", "config.yaml", "-c", "mixed").code()).isZero();
    }

    private List<String> boardsThatOnlyNvidiaSmiResets() throws GpuException {
        MachineSpec spec = MachineSpec.of("NVIDIA A100-SXM4-80GB:2").withMigEnabled(false);
        try (SimulatedMachine machine = SimulatedMachine.onFile(directory.resolve("machine.json"), spec)) {
            List<String> gpus = machine.snapshot().gpus().stream()
                    .map(gpu -> gpu.description().uuid())
                    .toList();
            for (String gpu : gpus) {
                machine.inject(
                        gpu,
                        new SimulatedFault(
                                "reset", SimulatedFault.Effect.REFUSED, GpuErrorCode.NOT_SUPPORTED, 1000, 0));
            }
            return gpus;
        }
    }

    /** Returns the file to which it writes how it was called. */
    private Path installNvidiaSmi() throws IOException {
        Path called = directory.resolve("called");
        Path program = Files.writeString(
                Files.createDirectory(directory.resolve("bin")).resolve("nvidia-smi"),
                """
                #!/bin/sh
                PATH=/usr/bin:/bin
                echo "$@" >> %s
                sed -i 's/"migEnabled":false,"migPending":true/"migEnabled":true,"migPending":true/' %s
                """.formatted(called, directory.resolve("machine.json")));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return called;
    }

    private Answer run(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                AppProcess.thisJava(),
                "-cp",
                AppClassLoader.entries(AppKind.DEVICE_PLUGIN).stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator)),
                MAIN));
        command.addAll(List.of(words));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        ProcessBuilder program = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        program.environment().clear();
        program.environment()
                .putAll(Map.of(
                        "MIGPOOL_GPU_DRIVER",
                        "simulated",
                        "MIGPOOL_SIMULATED_BOARDS",
                        "NVIDIA H100 80GB HBM3:2",
                        "MIGPOOL_SIMULATED_STATE_FILE",
                        directory.resolve("machine.json").toString(),
                        // Nor may the real driver of this machine be asked.
                        "MIGPOOL_MIG_MANAGER_HOST_ROOT",
                        "/",
                        "MIGPOOL_MIG_MANAGER_DRIVER_ROOT",
                        "/",
                        "MIGPOOL_MIG_MANAGER_PROGRAM_DIRECTORIES",
                        directory.resolve("bin").toString(),
                        // This machine may have a kubelet of its own.
                        "MIGPOOL_KUBELET_DEVICE_PLUGIN_DIR",
                        directory.resolve("none").toString(),
                        "MIGPOOL_KUBELET_POD_RESOURCES_SOCKET",
                        directory.resolve("none.sock").toString()));
        Process process = program.start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Answer(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
