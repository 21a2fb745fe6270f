package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.DeviceSettings;
import io.migpool.config.NodeSettings;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What containers on software-shared GPUs get while nobody can say what the settings are. */
class LastSharingTest {

    private static final int SLOTS = 12;

    @TempDir
    Path directory;

    private AgentRig rig;
    private Map<String, String> first;

    @BeforeEach
    void startPod() throws Exception {
        rig = AgentRig.unstarted(directory, MachineSpec.of("NVIDIA L40S"));
        rig.devices.change(DeviceSettings.parse("nvidia: {disableCoreLimit: true, libCudaLogLevel: 2}"));
        rig.nodes.change(NodeSettings.parse(
                "{\"nodeconfig\": [{\"name\": \"node-a\", \"devicememoryscaling\": 2, \"devicesplitcount\": %d}]}"
                        .formatted(SLOTS)));
        rig.startAgent();
        rig.awaitRegistration();
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", rig.gpu(0), 3000, 30).build());
        rig.start("uid-shared", "main", "mp-000");
        first = rig.environment("mp-000");
        assertThat(first)
                .containsEntry("CUDA_OVERSUBSCRIBE", "true")
                .containsEntry("GPU_CORE_UTILIZATION_POLICY", "disable")
                .containsEntry("LIBCUDA_LOG_LEVEL", "2");
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void aContainerThatStartsAgainGetsWhatItHadThoughTheAgentStartedWithoutTheApiServer() throws Exception {
        restartWithoutApiServer();

        rig.restart("mp-000");

        assertThat(rig.environment("mp-000")).isEqualTo(first);
    }

    @Test
    void kubeletIsOfferedAsManySlotsAsBefore() throws Exception {
        restartWithoutApiServer();

        assertThat(rig.kubelet.devices()).hasSize(SLOTS);
    }

    @Test
    void settingsThatBecomeKnownTakeEffectAndAreRemembered() throws Exception {
        restartWithoutApiServer();
        rig.cluster.reachableAgain();
        rig.devices.change(DeviceSettings.parse("nvidia: {libCudaLogLevel: 3}"));
        rig.nodes.change(NodeSettings.DEFAULT);
        rig.restart("mp-000");
        assertThat(rig.environment("mp-000"))
                .containsEntry("LIBCUDA_LOG_LEVEL", "3")
                .doesNotContainKeys("CUDA_OVERSUBSCRIBE", "GPU_CORE_UTILIZATION_POLICY");
        Map<String, String> second = rig.environment("mp-000");

        restartWithoutApiServer();
        rig.restart("mp-000");

        assertThat(rig.environment("mp-000")).isEqualTo(second);
    }

    @Test
    void whileOnlyOneOfTheDocumentsIsKnownTheLastSettingsStay() throws Exception {
        restartWithoutApiServer();
        rig.devices.change(DeviceSettings.DEFAULT);

        rig.restart("mp-000");

        assertThat(rig.environment("mp-000")).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{\"version\":1",
                "{\"version\":1,\"value\":{\"disableCoreLimit\":true}}",
                "{\"version\":2,\"value\":{}}"
            })
    void aDamagedFileCountsAsMissingAndIsReplacedOnceTheSettingsAreKnown(String damaged) throws Exception {
        rig.stopAgent();
        Path file = Files.writeString(directory.resolve("state").resolve("sharing.json"), damaged);
        restartWithoutApiServer();
        rig.restart("mp-000");
        assertThat(rig.environment("mp-000")).containsEntry("LIBCUDA_LOG_LEVEL", "1");

        rig.devices.change(DeviceSettings.parse("nvidia: {libCudaLogLevel: 4}"));
        rig.nodes.change(NodeSettings.DEFAULT);

        await().untilAsserted(() -> assertThat(file).content().contains("\"libCudaLogLevel\":4"));
    }

    private void restartWithoutApiServer() throws Exception {
        rig.stopAgent();
        rig.devices.notSeenYet(DeviceSettings.DEFAULT);
        rig.nodes.notSeenYet(NodeSettings.DEFAULT);
        rig.cluster.unreachable();
        int before = rig.kubelet.registrations().size();
        rig.startAgent();
        await("the agent serves again")
                .until(() -> rig.kubelet.registrations().size() > before
                        && !rig.kubelet.devices().isEmpty());
    }
}
