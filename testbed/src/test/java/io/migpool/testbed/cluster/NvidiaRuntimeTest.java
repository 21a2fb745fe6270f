package io.migpool.testbed.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.kubelet.CdiRegistry;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which devices a container sees whose variable names a CDI device. */
class NvidiaRuntimeTest {

    private static final String FIRST = "nvidia.com/gpu=0";

    @TempDir
    private Path directory;

    private Path run;
    private SimulatedMachine machine;
    private NvidiaRuntime runtime;

    @BeforeEach
    void open() throws Exception {
        HostDriver driver = new HostDriver(directory);
        run = Files.createDirectories(directory.resolve("run"));
        machine = SimulatedMachine.onFile(
                directory.resolve("gpus.json"),
                MachineSpec.of("NVIDIA A100-SXM4-80GB:2").withMigEnabled(false));
        runtime = new NvidiaRuntime(new CdiRegistry(List.of(driver.specifications(), run)), machine);
        driver.describe();
    }

    @Test
    void aDeviceInYamlOfTheHostsDirectoryIsFound() throws Exception {
        assertThat(seen(FIRST))
                .containsExactly(
                        machine.snapshot().gpus().getFirst().description().uuid());
    }

    @Test
    void thatOfTheOtherDirectoryGoesBeforeIt() throws Exception {
        describe("shadow.json", 1);

        assertThat(seen(FIRST)).as("it lacks the driver's nodes and library").isEmpty();
    }

    @Test
    void severalNamesAreResolvedTogether() throws Exception {
        Files.writeString(run.resolve("second.json"), """
                {"cdiVersion": "0.5.0", "kind": "migpool.io/gpu", "devices": [
                  {"name": "second", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia1"}]}}]}
                """);

        assertThat(seen(FIRST + ",migpool.io/gpu=second")).hasSize(2);
    }

    @Test
    void aDeviceThatTwoFilesDefineIsNone() throws Exception {
        describe("one.json", 0);
        describe("two.json", 0);

        assertThat(seen(FIRST)).isEmpty();
    }

    private void describe(String file, int minor) throws IOException {
        Files.writeString(run.resolve(file), """
                {"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": [
                  {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia%d"}]}}]}
                """.formatted(minor));
    }

    private List<String> seen(String named) {
        return runtime.visibleDevices(new RunningContainer(
                "uid",
                "default",
                "pod",
                "main",
                "containerd://1",
                Map.of("NVIDIA_VISIBLE_DEVICES", named),
                List.of(),
                List.of(),
                List.of(),
                Instant.EPOCH));
    }
}
