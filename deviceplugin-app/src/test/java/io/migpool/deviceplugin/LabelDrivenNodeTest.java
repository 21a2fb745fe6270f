package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.NodeSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GPUs that change hands between the pool and the node's label. */
class LabelDrivenNodeTest extends LabelDrivenNode {

    LabelDrivenNodeTest() {
        super("NVIDIA A100-SXM4-80GB");
    }

    @Test
    void theLabelCutsItsOwnGpuAndThePoolKeepsTheOther() throws Exception {
        configure(SECOND, "none");
        label("all-balanced");

        awaitState("success");

        assertThat(rig.instances(0)).isEmpty();
        assertThat(rig.instances(1)).hasSize(4);
        assertThat(rig.kubelet.devices()).hasSize(7);
        assertThat(rig.cluster.configMapData())
                .hasEntrySatisfying("node-a-mig-config", data -> assertThat(data.get("config.yaml"))
                        .contains("all-1g.10gb"));
        rig.cluster.add(ReservedPod.named("pooled")
                .app("main", slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        rig.start("uid-pooled", "main", "mp-000");
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at 0:1");
    }

    @Test
    void whatThePoolKeptForLaterPodsIsTheLabelsFromThenOn() throws Exception {
        String gpu = rig.gpu(1);
        rig.cluster.add(ReservedPod.named("before")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-before", "main", "mp-000");
        rig.cluster.delete("uid-before");

        configure(SECOND, "none");
        label("all-1g.10gb");
        awaitState("success");

        assertThat(rig.pool().instances())
                .filteredOn(instance -> instance.slice().gpuUuid().equals(gpu))
                .isNotEmpty()
                .allMatch(instance -> instance.state().blocks());
        rig.stopAgent();
        rig.startAgent();
        await("it stays so after a restart")
                .during(Duration.ofSeconds(1))
                .atMost(LONGEST)
                .untilAsserted(() -> assertThat(rig.instances(1)).hasSize(7));
    }

    @Test
    void aPodThatIsReservedThereKeepsTheGpuInThePoolUntilItIsGone() throws Exception {
        String gpu = rig.gpu(1);
        rig.cluster.add(ReservedPod.named("bound")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        configure(SECOND, "none");
        label("all-3g.40gb");
        awaitState("pending");
        awaitTold("MigConfigWaits", "bound");

        rig.start("uid-bound", "main", "mp-000");
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at 0:1");
        rig.cluster.delete("uid-bound");

        awaitState("success");
        assertThat(rig.instances(1)).containsExactly("3g.40gb at 0:4", "3g.40gb at 4:4");
    }

    @Test
    void podsAreEvictedWhereThatIsAllowedAsFarAsBudgetsLet() throws Exception {
        rig.stopAgent();
        rig.drains = true;
        rig.startAgent();
        rig.awaitRegistration();
        rig.cluster.add(ReservedPod.named("guarded")
                .app("main", slice(rig.gpu(1), "1g.10gb", 0, 1))
                .build());
        rig.start("uid-guarded", "main", "mp-000");
        rig.cluster.holdBackEvictions(2);

        configure(SECOND, "none");
        label("all-7g.80gb");

        awaitState("success");
        assertThat(rig.cluster.evicted()).containsExactly("guarded");
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anyMatch(note -> note.contains("MigConfigWaits") && note.contains("disruption budget"))
                .anyMatch(note -> note.startsWith("guarded MigConfigEvicts")));
    }

    @Test
    void configurationThatComesLateMakesTheAgentForgetNothing() throws Exception {
        configure(SECOND, "none");
        label("all-balanced");
        awaitState("success");
        rig.stopAgent();
        Path memory = directory.resolve("state").resolve("mig-manager.json");
        String before =
                "{\"value\":\"all-balanced\",\"clientsPaused\":false,\"stoppedServices\":[],\"cordoned\":true,\"rebootedFrom\":\"boot\"}";
        Files.writeString(memory, before);
        rig.nodes.notSeenYet(NodeSettings.DEFAULT);

        rig.startAgent();
        await("nothing is forgotten, and no GPU counts as the pool's")
                .during(Duration.ofSeconds(3))
                .atMost(LONGEST)
                .untilAsserted(() -> assertThat(memory).hasContent(before));
        configure(SECOND, "none");

        await("what was begun is ended").atMost(LONGEST).untilAsserted(() -> assertThat(Files.readString(memory))
                .contains("\"rebootedFrom\":\"\""));
        awaitState("success");
        assertThat(rig.instances(1)).hasSize(4);
    }

    @Test
    void aPodOfAnotherPluginIsWaitedFor() throws Exception {
        configure(SECOND, "none");
        label("all-1g.10gb");
        awaitState("success");
        String uuid = firstDevice(1);
        rig.kubelet.podResources("team", "other", "main", uuid);

        label("all-7g.80gb");

        awaitState("pending");
        awaitTold("pod team/other");
        assertThat(rig.instances(1)).hasSize(7);
    }

    @ParameterizedTest
    @CsvSource({"true, false", SECOND + ", true"})
    void nvidiasPluginIsARivalOnlyWhereThePoolHasGpus(String labelDriven, boolean rival) throws Exception {
        rig.stopAgent();
        rig.handsOut = false;
        configure(labelDriven, "none");
        rig.cluster.add(operand("nvidia-device-plugin-daemonset"));
        label("all-balanced");

        rig.startAgent();

        awaitState("success");
        if (rival) {
            awaitTold("RivalDevicePlugin");
        } else {
            await("nothing is told")
                    .during(Duration.ofSeconds(3))
                    .atMost(LONGEST)
                    .untilAsserted(() -> assertThat(rig.cluster.told()).noneMatch(note -> note.contains("Rival")));
        }
    }

    private static Pod operand(String app) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("gpu-operator")
                .withName(app)
                .withUid("uid-" + app)
                .withLabels(Map.of("app", app))
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build();
    }

    @Test
    void backInThePoolNothingThatTheLabelMadeIsTouched() throws Exception {
        configure(SECOND, "none");
        label("all-3g.40gb");
        awaitState("success");

        configure(NEITHER, "none");
        await("the GPU is offered again")
                .atMost(LONGEST)
                .until(() -> rig.kubelet.devices().size() == 14);
        label("all-1g.10gb");
        awaitTold("MigConfigIgnored");

        assertThat(rig.instances(1)).containsExactly("3g.40gb at 0:4", "3g.40gb at 4:4");
    }
}
