package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.host.HostBus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with label-driven GPUs ({@code nvidia.com/mig.config}), with the permissions of the manifests. */
class MigManagerTest {

    private static final String H100 = "NVIDIA H100 80GB HBM3";

    private static final String DYNAMIC = """
            {"nodeconfig": [{"name": "label-node", "operatingmode": "mig"}]}
            """;

    private static final String LABEL_DRIVEN = """
            {"nodeconfig": [{"name": "label-node", "operatingmode": "mig", "labeldriven": true}]}
            """;

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

    private static final String CLIENTS = """
            version: v1
            systemd-services:
              - site-exporter.service
            """;

    private static EmbeddedCluster cluster(String boards, Map<String, String> settings) throws Exception {
        return EmbeddedCluster.start(ClusterSpec.fast(
                        List.of(NodeSpec.shared(LabelledNode.NAME, boards)), SharedCluster.DEVICE_CONFIG, DYNAMIC)
                .withSettings(settings));
    }

    @Test
    void theWalkThroughOfTheGpuOperatorsDocumentation() throws Exception {
        try (EmbeddedCluster cluster = cluster(
                H100,
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
            publish(cluster, "custom-mig-config", "config.yaml", CUSTOM);
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
        try (EmbeddedCluster cluster = cluster(H100 + ":2", Map.of());
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
        try (EmbeddedCluster cluster = cluster(H100 + ":2", Map.of());
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

            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, DYNAMIC);
            workload.awaitRunning("pooled");
        }
    }

    private static void publish(EmbeddedCluster cluster, String configMap, String key, String text) {
        cluster.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                        .withName(configMap)
                        .endMetadata()
                        .withData(Map.of(key, text))
                        .build())
                .create();
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

    @Test
    void aChangeWaitsForThePodsOfThePoolAndSaysForWhom() throws Exception {
        try (EmbeddedCluster cluster = cluster(H100, Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            workload.run(GpuPod.named("train").container("main", "gpu", "1", "gpumem", "8000"));
            List<String> devices = workload.devicesSeenBy("train", "main");

            node.label(LabelledNode.CONFIG, "all-3g.40gb");
            await("the label is ignored").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(
                            node.events("MigConfigIgnored"))
                    .isNotEmpty());
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LABEL_DRIVEN);
            node.awaitState("pending");

            await("it is said for whom it waits").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(
                            node.events("MigConfigWaits"))
                    .anyMatch(note -> note.contains("pod " + workload.namespace() + "/train")));
            assertThat(workload.devicesSeenBy("train", "main")).isEqualTo(devices);
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 1));

            workload.delete("train");
            node.awaitState("success");
            assertThat(node.layout()).isEqualTo(Map.of("3g.40gb", 2));

            // Back to the pool, which respects the label's instances.
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, DYNAMIC);
            workload.create(GpuPod.named("later").container("main", "gpu", "1", "gpumem", "8000"));
            workload.awaitRefusal("later");
            assertThat(node.layout()).isEqualTo(Map.of("3g.40gb", 2));
        }
    }

    @Test
    void aDrainLeavesAPodToItsDisruptionBudgetAndSaysSo() throws Exception {
        try (EmbeddedCluster cluster = cluster(
                        H100, Map.of("migpool.mig-manager.drain", "true", "migpool.mig-manager.first-retry", "PT1S"));
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            node.strategy("true", "mixed");
            node.follow("all-1g.10gb");
            node.awaitAllocatable("nvidia.com/mig-1g.10gb", 7);
            workload.create(GpuPod.named("guarded").label("app", "guarded").container("main", "mig-1g.10gb", "1"));
            workload.create(GpuPod.named("free").container("main", "mig-1g.10gb", "1"));
            List<String> devices = workload.awaitDevices("guarded", 1);
            workload.awaitDevices("free", 1);
            PodDisruptionBudget budget = new PodDisruptionBudgetBuilder()
                    .withNewMetadata()
                    .withNamespace(workload.namespace())
                    .withName("guard")
                    .endMetadata()
                    .withNewSpec()
                    .withMinAvailable(new IntOrString(1))
                    .withNewSelector()
                    .addToMatchLabels("app", "guarded")
                    .endSelector()
                    .endSpec()
                    .build();
            cluster.client().resource(budget).create();

            node.label(LabelledNode.CONFIG, "all-7g.80gb");

            await("the budget is told of").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(
                            node.events("MigConfigWaits"))
                    .anyMatch(note ->
                            note.contains("disruption budget") && note.contains(workload.namespace() + "/guarded")));
            await("who may go goes").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(cluster.client()
                            .pods()
                            .inNamespace(workload.namespace())
                            .withName("free")
                            .get())
                    .isNull());
            assertThat(workload.devicesSeenBy("guarded", "main")).isEqualTo(devices);
            assertThat(node.migUuids(0)).containsAll(devices);

            cluster.client().resource(budget).delete();
            node.awaitState("success");
            assertThat(node.layout()).isEqualTo(Map.of("7g.80gb", 1));
            assertThat(node.events("MigConfigEvicts")).hasSize(2);
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    @Test
    void theOperatorsSpecificationFollowsTheLayout(@TempDir Path directory) throws Exception {
        Path programs = Files.createDirectory(directory.resolve("bin"));
        Path broken = Files.createFile(directory.resolve("broken"));
        script(programs.resolve("nvidia-smi"), "exit 0");
        script(programs.resolve("nvidia-ctk"), """
                if [ -e %s ]; then echo 'no driver' >&2; exit 1; fi
                if [ $1 = cdi ]; then echo 'kind: management.nvidia.com/gpu'; fi""".formatted(broken));
        try (EmbeddedCluster cluster = cluster(
                H100,
                Map.of(
                        "migpool.mig-manager.cdi", "true",
                        "migpool.mig-manager.host-root", "/",
                        "migpool.mig-manager.driver-root", "/",
                        "migpool.mig-manager.program-directories", programs.toString(),
                        "migpool.mig-manager.first-retry", "PT1S"))) {
            LabelledNode node = new LabelledNode(cluster);
            Path specification =
                    cluster.node(LabelledNode.NAME).cdiDirectory().resolve("management.nvidia.com-gpu.yaml");
            node.strategy("true", "mixed");

            node.label(LabelledNode.CONFIG, "all-1g.10gb");
            node.awaitState("failed");
            assertThat(node.events("MigConfigFailed"))
                    .anyMatch(note -> note.contains(specification + " was not regenerated")
                            && note.contains("exited with 1: no driver"));
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 7));
            assertThat(node.labels()).containsEntry(LabelledNode.DCGM, "true");

            // The agent that starts anew still knows that it has to be generated.
            cluster.node(LabelledNode.NAME).stopAgent();
            Files.delete(broken);
            cluster.node(LabelledNode.NAME).startAgent();
            node.awaitState("success");
            assertThat(specification).hasContent("kind: management.nvidia.com/gpu");
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 7));
            assertThat(node.labels()).containsEntry(LabelledNode.DCGM, "true");
        }
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void theNodeIsDrainedAndRebootedOnceWithTheHostsServicesOut(@TempDir Path directory) throws Exception {
        CountDownLatch rebooting = new CountDownLatch(1);
        try (HostBus host = HostBus.start(directory.resolve("bus"), rebooting::countDown);
                EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                                List.of(NodeSpec.shared(LabelledNode.NAME, "NVIDIA A100-SXM4-80GB")),
                                SharedCluster.DEVICE_CONFIG,
                                "{}")
                        .withSettings(Map.of(
                                "migpool.mig-manager.dbus-address", host.address(),
                                "migpool.mig-manager.stop-host-services", "true",
                                "migpool.mig-manager.gpu-reset", "false",
                                "migpool.mig-manager.reboot", "true",
                                "migpool.mig-manager.drain", "true")));
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            host.run("nvidia-dcgm.service");
            host.run("site-exporter.service");
            // An agent that starts waits until it has read the list; a running one may not have heard of it yet.
            cluster.node(LabelledNode.NAME).stopAgent();
            publish(cluster, "default-gpu-clients", "clients.yaml", CLIENTS);
            cluster.node(LabelledNode.NAME).startAgent();
            workload.run(GpuPod.named("train").container("main", "gpu", "1", "gpumem", "8000"));

            node.label(LabelledNode.CONFIG, "all-balanced");
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LABEL_DRIVEN);
            assertThat(rebooting.await(LabelledNode.LONGEST.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();

            node.awaitState("rebooting");
            assertThat(host.isRunning("site-exporter.service")).isFalse();
            assertThat(host.isRunning("nvidia-dcgm.service"))
                    .as("it is not on the list")
                    .isTrue();
            assertThat(workload.client()
                            .pods()
                            .inNamespace(workload.namespace())
                            .withName("train")
                            .get())
                    .isNull();
            assertThat(node.isCordoned()).isTrue();

            cluster.node(LabelledNode.NAME).stopAgent();
            cluster.node(LabelledNode.NAME).machine().reboot();
            cluster.node(LabelledNode.NAME).startAgent();

            node.awaitState("success");
            assertThat(node.layout()).isEqualTo(Map.of("1g.10gb", 2, "2g.20gb", 1, "3g.40gb", 1));
            await("the services are back")
                    .atMost(LabelledNode.LONGEST)
                    .until(() -> host.isRunning("site-exporter.service"));
            await("the node takes pods").atMost(LabelledNode.LONGEST).until(() -> !node.isCordoned());
            assertThat(host.jobs()).containsOnlyOnce("start reboot.target");
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }
}
