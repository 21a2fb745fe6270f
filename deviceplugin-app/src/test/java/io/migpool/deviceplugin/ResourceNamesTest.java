package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.DeviceSettings;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.request.ResourceNames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Under which names a node's slots are registered, and when that changes. */
class ResourceNamesTest {

    private static final DeviceSettings RENAMED = DeviceSettings.DEFAULT.withResources(new ResourceNames(
            "nvidia.com/gpualloc",
            "nvidia.com/gpumem",
            "nvidia.com/gpumem-percentage",
            "nvidia.com/gpucores",
            "nvidia.com/priority"));

    @TempDir
    Path directory;

    private AgentRig rig;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB");
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void namesOfADocumentThatCameAfterTheAgentAreRegisteredAndRemembered() throws Exception {
        await().until(() -> registered().contains("nvidia.com/gpu"));

        rig.devices.change(RENAMED);

        await().until(() -> registered().getLast().equals("nvidia.com/gpualloc"));
        assertThat(rig.agent().presence().resourceName()).isEqualTo("nvidia.com/gpualloc");
        assertThat(directory.resolve("state").resolve("resource-names.json"))
                .content()
                .contains("nvidia.com/gpualloc");
    }

    @Test
    void anAgentThatDoesNotKnowTheSettingsRegistersUnderTheNamesOfItsLastRun() throws Exception {
        rig.stopAgent();
        rig.devices.change(RENAMED);
        rig.startAgent();
        await().until(() -> registered().getLast().equals("nvidia.com/gpualloc"));
        rig.stopAgent();
        rig.devices.notSeenYet(DeviceSettings.DEFAULT);
        int before = registered().size();

        rig.startAgent();

        await().until(() -> registered().size() > before);
        assertThat(registered().getLast()).isEqualTo("nvidia.com/gpualloc");
        assertThat(rig.agent().presence().resourceName()).isEqualTo("nvidia.com/gpualloc");
    }

    @Test
    void podsThatAskByOtherNamesStartAgainWhileTheApiServerIsAway() throws Exception {
        rig.stopAgent();
        rig.devices.change(RENAMED);
        rig.startAgent();
        await().until(() -> registered().getLast().equals("nvidia.com/gpualloc"));
        rig.cluster.add(ReservedPod.named("runs")
                .asking("nvidia.com/gpualloc")
                .app("main", ReservedPod.slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        rig.kubelet.checkpointOf("nvidia.com/gpualloc", "uid-runs", "main", "mp-000");
        List<String> devices = rig.restart("mp-000");
        rig.stopAgent();
        rig.devices.notSeenYet(DeviceSettings.DEFAULT);
        rig.cluster.unreachable();
        int before = registered().size();

        rig.startAgent();
        await("the agent serves again").until(() -> registered().size() > before);

        assertThat(rig.restart("mp-000")).isEqualTo(devices);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"count\":\"nvidia.com/gpu\"}", "null"})
    void whileNobodyKnowsTheNamesNothingIsRegistered(String torn) throws Exception {
        rig.stopAgent();
        Files.writeString(directory.resolve("state").resolve("resource-names.json"), torn);
        rig.devices.notSeenYet(DeviceSettings.DEFAULT);
        int before = registered().size();

        rig.startAgent();

        await().until(() -> rig.agent().plugin().isRegistered());
        assertThat(registered()).hasSize(before);
        rig.devices.change(RENAMED);
        await().until(() -> registered().getLast().equals("nvidia.com/gpualloc"));
    }

    private List<String> registered() {
        return rig.kubelet.registrations().stream()
                .map(RegisterRequest::getResourceName)
                .toList();
    }
}
