package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Nodes with label-driven GPUs ({@code nvidia.com/mig.config}), with the permissions of the manifests. */
class MigManagerTest {

    private static final String CUSTOM = """
            version: v1
            mig-configs:
              all-disabled:
                - devices: all
                  mig-enabled: false
              five-1g-one-2g:
                - devices: all
                  mig-enabled: true
                  mig-devices:
                    "1g.10gb": 5
                    "2g.20gb": 1
            """;

    @Test
    void theWalkThroughOfTheGpuOperatorsDocumentation() throws Exception {
        try (EmbeddedCluster cluster = LabelledNode.cluster(
                LabelledNode.H100,
                Map.of(
                        "migpool.mig-manager.first-retry", "PT1S",
                        "migpool.mig-manager.feature-labels", "true"))) {
            LabelledNode node = new LabelledNode(cluster);
            node.strategy("true", "single");
            node.awaitLabels(Map.of(
                    "nvidia.com/gpu.count", "0",
                    "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-MIG-INVALID"));

            await("the generated configurations are published")
                    .atMost(LabelledNode.LONGEST)
                    .untilAsserted(() -> assertThat(node.generated())
                            .contains(
                                    "all-disabled", "all-enabled", "all-balanced", "all-1g.10gb:", "all-1g.10gb.me:"));

            node.follow("all-disabled");
            assertThat(node.gpu().migMode()).isEqualTo(MigMode.OFF);
            node.awaitLabels(Map.of(
                    "nvidia.com/gpu.count", "1",
                    "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                    "nvidia.com/gpu.replicas", "1",
                    "nvidia.com/gpu.sharing-strategy", "none",
                    "nvidia.com/mig.capable", "true",
                    "nvidia.com/mig.strategy", "single",
                    "nvidia.com/mps.capable", "false"));

            node.follow("all-1g.10gb");
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 7));
            node.awaitLabels(walkThrough("7", "1g.10gb", "1", "16"));
            node.awaitLabels(Map.of(
                    "nvidia.com/gpu.memory", "9984",
                    "nvidia.com/gpu.engines.copy", "1",
                    "nvidia.com/gpu.engines.decoder", "1",
                    "nvidia.com/gpu.engines.encoder", "0",
                    "nvidia.com/gpu.engines.jpeg", "1",
                    "nvidia.com/gpu.engines.ofa", "0"));

            node.follow("all-3g.40gb");
            assertThat(node.layout()).isEqualTo(Map.of("3g.40gb", 2));
            node.awaitLabels(walkThrough("2", "3g.40gb", "3", "60"));

            node.strategy("true", "mixed");
            node.follow("all-balanced");
            node.awaitLabels(Map.of(
                    "nvidia.com/gpu.count", "1",
                    "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                    "nvidia.com/gpu.replicas", "0",
                    "nvidia.com/mig.strategy", "mixed",
                    "nvidia.com/mig-1g.10gb.count", "2",
                    "nvidia.com/mig-1g.10gb.product", "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
                    "nvidia.com/mig-2g.20gb.multiprocessors", "32",
                    "nvidia.com/mig-2g.20gb.memory", "20096",
                    "nvidia.com/mig-3g.40gb.engines.decoder", "3",
                    "nvidia.com/mig-3g.40gb.slices.gi", "3"));
            assertThat(node.labels()).doesNotContainKeys("nvidia.com/gpu.slices.gi", "nvidia.com/gpu.family");
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 2, "2g.20gb", 1, "3g.40gb", 1));

            node.label(LabelledNode.CONFIG, "five-1g-one-2g");
            node.awaitState("failed");
            assertThat(node.events("MigConfigFailed")).anyMatch(note -> note.contains("all-balanced"));
            node.publish("custom-mig-config", "config.yaml", CUSTOM);
            node.awaitState("success");
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 5, "2g.20gb", 1));

            node.follow("all-disabled");
            assertThat(node.layout()).isEmpty();
            assertThat(node.gpu().migMode()).isEqualTo(MigMode.OFF);
            node.awaitLabels(Map.of(
                    "nvidia.com/gpu.count", "1",
                    "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                    "nvidia.com/gpu.replicas", "1",
                    "nvidia.com/gpu.family", "hopper",
                    "nvidia.com/gpu.compute.major", "9",
                    "nvidia.com/gpu.memory", "81559"));
            assertThat(node.labels().keySet()).noneMatch(label -> label.startsWith("nvidia.com/mig-"));
            assertThat(node.labels()).containsEntry(LabelledNode.DCGM, "true");
            assertThat(node.events("MigConfigApplied")).hasSizeGreaterThanOrEqualTo(5);
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    @Test
    void aPodRunsOnAMigDeviceThatItNamesByItsProfile() throws Exception {
        try (EmbeddedCluster cluster = LabelledNode.cluster(LabelledNode.H100 + ":2", Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            node.strategy("{\"index\": [1]}", "mixed");
            node.follow("all-1g.10gb");
            node.awaitAllocatable("nvidia.com/mig-1g.10gb", 7);
            node.awaitAllocatable("nvidia.com/gpu", 7);

            workload.create(GpuPod.named("small").container("main", "mig-1g.10gb", "1"));
            workload.create(GpuPod.named("two").container("main", "mig-1g.10gb", "2"));
            List<String> devices = workload.awaitDevices("small", 1);

            assertThat(node.migUuids(1)).containsAll(devices).containsAll(workload.awaitDevices("two", 2));
            assertThat(workload.devicesSeenBy("two", "main")).doesNotContainAnyElementsOf(devices);
            // The pool beside it keeps working.
            workload.run(GpuPod.named("pooled").container("main", "gpu", "1", "gpumem", "8000"));
            assertThat(node.migUuids(0)).containsAll(workload.devicesSeenBy("pooled", "main"));

            node.label(LabelledNode.CONFIG, "all-3g.40gb");
            await("it is said for whom it waits").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(
                            node.events("MigConfigWaits"))
                    .anyMatch(note -> note.contains("pod " + workload.namespace() + "/small")));
            assertThat(workload.devicesSeenBy("small", "main")).isEqualTo(devices);
            workload.delete("small");
            workload.delete("two");
            node.awaitAllocatable("nvidia.com/mig-3g.40gb", 2);
            node.awaitAllocatable("nvidia.com/mig-1g.10gb", 0);
        }
    }

    @Test
    void withOneKindOfDeviceSingleOffersItAsTheGpu() throws Exception {
        try (EmbeddedCluster cluster = LabelledNode.cluster(LabelledNode.H100 + ":2", Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            node.strategy("true", "single");
            node.follow("all-1g.10gb");
            node.awaitAllocatable("nvidia.com/gpu", 14);

            // The default scheduler, which has no extender, would bind it there.
            workload.create(GpuPod.named("plain")
                    .ignoredByTheWebhook()
                    .boundTo(LabelledNode.NAME)
                    .container("main", "gpu", "1"));
            assertThat(workload.awaitDevices("plain", 1)).first().asString().startsWith("MIG-");
            workload.create(GpuPod.named("pooled").container("main", "gpu", "1", "gpumem", "8000"));
            workload.awaitRefusal("pooled");
            workload.delete("plain");
            node.follow("all-enabled");
            node.awaitAllocatable("nvidia.com/gpu", 0);

            cluster.editConfigMap(
                    EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LabelledNode.DYNAMIC);
            workload.awaitRunning("pooled");
        }
    }

    /** What the documentation shows of the labels with strategy {@code single}. */
    private static Map<String, String> walkThrough(
            String count, String profile, String slices, String multiprocessors) {
        return Map.ofEntries(
                Map.entry("nvidia.com/gpu.count", count),
                Map.entry("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-MIG-" + profile),
                Map.entry("nvidia.com/gpu.replicas", "1"),
                Map.entry("nvidia.com/gpu.sharing-strategy", "none"),
                Map.entry("nvidia.com/gpu.mode", "compute"),
                Map.entry("nvidia.com/gpu.slices.ci", slices),
                Map.entry("nvidia.com/gpu.slices.gi", slices),
                Map.entry("nvidia.com/gpu.multiprocessors", multiprocessors),
                Map.entry("nvidia.com/mig.capable", "true"),
                Map.entry("nvidia.com/mig.config", "all-" + profile),
                Map.entry("nvidia.com/mig.config.state", "success"),
                Map.entry("nvidia.com/mig.strategy", "single"),
                Map.entry("nvidia.com/mps.capable", "false"));
    }
}
