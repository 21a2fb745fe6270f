package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
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

/**
 * Changes of label-driven GPUs for which pods, clients of the GPUs or the whole node have to step aside, with the
 * permissions of the manifests.
 */
class MigManagerStepsAsideTest {

    private static final String LABEL_DRIVEN = """
            {"nodeconfig": [{"name": "label-node", "operatingmode": "mig", "labeldriven": true}]}
            """;
    private static final String CLIENTS = """
            version: v1
            systemd-services:
              - site-exporter.service
            """;

    @Test
    void aChangeWaitsForThePodsOfThePoolAndSaysForWhom() throws Exception {
        try (EmbeddedCluster cluster = LabelledNode.cluster(LabelledNode.H100, Map.of());
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
            cluster.editConfigMap(
                    EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LabelledNode.DYNAMIC);
            workload.create(GpuPod.named("later").container("main", "gpu", "1", "gpumem", "8000"));
            workload.awaitRefusal("later");
            assertThat(node.layout()).isEqualTo(Map.of("3g.40gb", 2));
        }
    }

    @Test
    void aDrainLeavesAPodToItsDisruptionBudgetAndSaysSo() throws Exception {
        try (EmbeddedCluster cluster = LabelledNode.cluster(
                        LabelledNode.H100,
                        Map.of("migpool.mig-manager.drain", "true", "migpool.mig-manager.first-retry", "PT1S"));
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
        try (EmbeddedCluster cluster = LabelledNode.cluster(
                LabelledNode.H100,
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
            node.publish("default-gpu-clients", "clients.yaml", CLIENTS);
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
