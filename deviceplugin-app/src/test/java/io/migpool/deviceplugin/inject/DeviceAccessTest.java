package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.kubelet.PreparationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the CDI device of a container holds to give it access to its devices. */
class DeviceAccessTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SPECIFICATION = DescribedHost.SPECIFICATION;

    @TempDir
    Path directory;

    private DescribedHost host;
    private Path etc;
    private Path run;
    private Path proc;

    @BeforeEach
    void makeHost() throws IOException {
        host = DescribedHost.in(directory);
        etc = host.etc();
        run = host.run();
        proc = host.proc();
    }

    private DeviceAccess access(InjectSettings.Strategy strategy) {
        return new DeviceAccess(
                host.settings(strategy, InjectSettings.DeviceList.ENVIRONMENT), () -> DescribedHost.MINORS);
    }

    private JsonNode file(VisibleDevice... devices) throws Exception {
        return file(InjectSettings.Strategy.ENVIRONMENT, devices);
    }

    private JsonNode file(InjectSettings.Strategy strategy, VisibleDevice... devices) throws Exception {
        ContainerEdits own = new ContainerEdits(Map.of("LIMIT", "1"), List.of(), Optional.empty());
        new CdiDirectory(run).write("mp-007", access(strategy).give(own, List.of(devices)));
        return JSON.readTree(Files.readString(run.resolve("migpool.io-gpu-mp-007.json")));
    }

    private static VisibleDevice mig(String gpuUuid, int gpuInstance) {
        return VisibleDevice.instance(gpuUuid, new MigRuntime("MIG-" + gpuInstance, gpuInstance, 0));
    }

    private static JsonNode own(JsonNode file) {
        return file.path("devices").path(0).path("containerEdits");
    }

    private static List<String> nodes(JsonNode edits) {
        return edits.path("deviceNodes").findValuesAsText("path");
    }

    @Test
    void anInstanceComesWithTheDriverItsGpuAndTheNodesThatGuardIt() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);

        JsonNode file = file(mig("GPU-b", 1), mig("GPU-b", 2));

        assertThat(file.path("cdiVersion").asText()).isEqualTo("0.5.0");
        assertThat(file.path("kind").asText()).isEqualTo("migpool.io/gpu");
        JsonNode common = file.path("containerEdits");
        assertThat(nodes(common)).containsExactly("/dev/nvidiactl");
        assertThat(common.path("mounts").findValuesAsText("hostPath")).containsExactly("/usr/lib/libcuda.so.580");
        assertThat(common.path("hooks")).hasSize(1);
        assertThat(nodes(own(file)))
                .containsExactly(
                        "/dev/nvidia1",
                        "/dev/nvidia-caps/nvidia-cap147",
                        "/dev/nvidia-caps/nvidia-cap148",
                        "/dev/nvidia-caps/nvidia-cap156",
                        "/dev/nvidia-caps/nvidia-cap157");
        assertThat(own(file).path("deviceNodes").path(1).path("major").asInt()).isEqualTo(238);
        assertThat(own(file).path("deviceNodes").path(1).path("minor").asInt()).isEqualTo(147);
        // Else the runtime would look for these devices in its own way, too.
        assertThat(own(file).path("env").toString()).isEqualTo("[\"LIMIT=1\"]");
    }

    @Test
    void aWholeGpuIsWhereTheHostHasIt() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);

        JsonNode file = file(VisibleDevice.gpu("GPU-a", List.of()));

        assertThat(own(file).path("deviceNodes")).singleElement().satisfies(node -> assertThat(
                        node.path("hostPath").asText())
                .isEqualTo("/run/nvidia/driver/dev/nvidia0"));
    }

    @Test
    void theLastDirectoryCountsAndJsonIsReadAsYamlIs() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);
        Files.writeString(run.resolve("broken.yaml"), "{");
        Files.writeString(run.resolve("other.json"), """
                {"cdiVersion": "0.6.0", "kind": "vendor.com/nic", "containerEdits": {"env": ["A=b"]}}
                """);
        Files.writeString(run.resolve("nvidia.json"), """
                {"cdiVersion": "0.7.0", "kind": "nvidia.com/gpu", "devices": [],
                 "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia-uvm"}]}}
                """);

        JsonNode file = file(mig("GPU-a", 7));

        assertThat(file.path("cdiVersion").asText()).isEqualTo("0.7.0");
        assertThat(nodes(file.path("containerEdits"))).containsExactly("/dev/nvidia-uvm");
        assertThat(nodes(own(file)))
                .containsExactly("/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap66", "/dev/nvidia-caps/nvidia-cap67");
    }

    @Test
    void withoutTheDriversSpecificationNoContainerStartsAndTheCommandThatMakesItIsTold() {
        assertThatThrownBy(() -> file(mig("GPU-a", 7)))
                .isInstanceOfSatisfying(
                        PreparationException.class, e -> assertThat(e.reason()).isEqualTo("DriverSpecificationMissing"))
                .hasMessageContaining(etc.toString())
                .hasMessageContaining("nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml");
    }

    @Test
    void anInstanceThatTheDriverDoesNotListIsRefused() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);

        assertThatThrownBy(() -> file(mig("GPU-a", 1)))
                .isInstanceOfSatisfying(
                        PreparationException.class, e -> assertThat(e.reason()).isEqualTo("MigCapabilityUnknown"))
                .hasMessageContaining("gpu0/gi1/access")
                .hasMessageContaining("mig-minors");
    }

    @Test
    void whereTheContainerRuntimeResolvesCdiTheDeviceIsCompleteAndNvidiasRuntimeHasNothingToAdd() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);

        JsonNode file = file(InjectSettings.Strategy.CDI_CRI, mig("GPU-b", 1));

        assertThat(nodes(file.path("containerEdits"))).containsExactly("/dev/nvidiactl");
        assertThat(nodes(own(file)))
                .containsExactly("/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap147", "/dev/nvidia-caps/nvidia-cap148");
        assertThat(own(file).path("env").toString()).isEqualTo("[\"LIMIT=1\",\"NVIDIA_VISIBLE_DEVICES=void\"]");
    }

    @Test
    void whereTheHostSaysNothingOfItsDriverTheDevicesAreNamedToNvidiasRuntime() throws Exception {
        ContainerEdits edits =
                access(InjectSettings.Strategy.CDI_CRI).give(ContainerEdits.NONE, List.of(mig("GPU-b", 1)));

        assertThat(edits.environment()).containsEntry("NVIDIA_VISIBLE_DEVICES", "MIG-1");
        assertThat(edits.driver()).isEmpty();
    }

    @Test
    void theGpuOperatorsOwnSpecificationServesWhereThereIsNoOther() throws Exception {
        Files.writeString(run.resolve("management.nvidia.com-gpu.yaml"), """
                cdiVersion: 0.5.0
                kind: management.nvidia.com/gpu
                devices:
                  - name: all
                    containerEdits:
                      deviceNodes:
                        - path: /dev/nvidia1
                          hostPath: /run/nvidia/driver/dev/nvidia1
                        - path: /dev/nvidia-caps/nvidia-cap1
                        - path: /dev/nvidiactl
                        - path: /dev/nvidia-uvm
                containerEdits:
                  mounts:
                    - hostPath: /run/nvidia/driver/usr/lib/libcuda.so.580
                      containerPath: /usr/lib/libcuda.so.580
                """);

        JsonNode file = file(InjectSettings.Strategy.CDI_CRI, mig("GPU-b", 1));

        assertThat(nodes(file.path("containerEdits"))).containsExactly("/dev/nvidiactl", "/dev/nvidia-uvm");
        assertThat(nodes(own(file))).hasSize(3).first().isEqualTo("/dev/nvidia1");

        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION);
        assertThat(nodes(file(InjectSettings.Strategy.CDI_CRI, mig("GPU-b", 1)).path("containerEdits")))
                .containsExactly("/dev/nvidiactl");
    }

    @Test
    void aSpecificationOfADriverThatHasBeenReplacedIsLeftAside() throws Exception {
        Files.writeString(etc.resolve("nvidia.yaml"), SPECIFICATION.replace("libcuda.so.580", "libcuda.so.580.65.06"));
        Path version = Files.createDirectories(proc.resolve("driver/nvidia")).resolve("version");

        Files.writeString(version, """
                NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (root@host)
                GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)
                """);
        assertThat(access(InjectSettings.Strategy.CDI_CRI)
                        .give(ContainerEdits.NONE, List.of(mig("GPU-b", 1)))
                        .driver())
                .isPresent();

        Files.writeString(version, """
                NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon Dec  8 09:35:07 UTC 2025
                """);
        ContainerEdits edits =
                access(InjectSettings.Strategy.CDI_CRI).give(ContainerEdits.NONE, List.of(mig("GPU-b", 1)));
        assertThat(edits.driver()).isEmpty();
        assertThat(edits.environment()).containsEntry("NVIDIA_VISIBLE_DEVICES", "MIG-1");
        assertThatThrownBy(() -> file(mig("GPU-b", 1)))
                .isInstanceOfSatisfying(
                        PreparationException.class, e -> assertThat(e.reason()).isEqualTo("DriverSpecificationMissing"))
                .hasMessageContaining("for the loaded driver");
    }

    @ParameterizedTest
    @CsvSource({
        // of a kind that is preferred less, in a directory that is, and later in the same directory
        "run, management.nvidia.com-gpu.yaml, management.nvidia.com/gpu",
        "etc, nvidia.yaml, nvidia.com/gpu",
        "run, nvidia-new.yaml, nvidia.com/gpu"
    })
    void anOutdatedSpecificationDoesNotHideACurrentOne(String place, String name, String kind) throws Exception {
        Files.writeString(
                Files.createDirectories(proc.resolve("driver/nvidia")).resolve("version"),
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon Dec  8 09:35:07 UTC 2025\n");
        Files.writeString(
                run.resolve("nvidia-1.yaml"), SPECIFICATION.replace("libcuda.so.580", "libcuda.so.580.65.06"));
        Files.writeString(
                directory.resolve(place).resolve(name),
                SPECIFICATION
                        .replace("libcuda.so.580", "libcuda.so.590.48.01")
                        .replace("kind: nvidia.com/gpu", "kind: " + kind));

        for (InjectSettings.Strategy strategy : InjectSettings.Strategy.values()) {
            JsonNode common = file(strategy, mig("GPU-b", 1)).path("containerEdits");
            assertThat(common.path("mounts").findValuesAsText("hostPath"))
                    .as(strategy.name())
                    .containsExactly("/usr/lib/libcuda.so.590.48.01");
        }
    }
}
