package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.host.HostBus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes whose GPUs are cut as the label {@code nvidia.com/mig.config} says, under the permissions of the manifests. */
class MigManagerTest {

    private static final String NODE = "label-node";
    private static final String CONFIG = "nvidia.com/mig.config";
    private static final String STATE = "nvidia.com/mig.config.state";
    private static final String DCGM = "nvidia.com/gpu.deploy.dcgm-exporter";
    private static final String H100 = "NVIDIA H100 80GB HBM3";
    private static final Duration LONGEST = Duration.ofSeconds(90);

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

    private static EmbeddedCluster cluster(String boards, Map<String, String> settings) throws Exception {
        return EmbeddedCluster.start(
                ClusterSpec.fast(List.of(NodeSpec.shared(NODE, boards)), SharedCluster.DEVICE_CONFIG, DYNAMIC)
                        .withSettings(settings));
    }

    @Test
    void theWalkThroughOfTheGpuOperatorsDocumentation() throws Exception {
        try (EmbeddedCluster cluster = cluster(
                H100,
                Map.of(
                        "migpool.mig-manager.first-retry", "PT1S",
                        "migpool.mig-manager.feature-labels", "true"))) {
            strategy(cluster, "true", "single");
            awaitLabels(
                    cluster,
                    Map.of(
                            "nvidia.com/gpu.count", "0",
                            "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3-MIG-INVALID"));

            await("the generated configurations are published").atMost(LONGEST).untilAsserted(() -> assertThat(
                            generated(cluster))
                    .contains("all-disabled", "all-enabled", "all-balanced", "all-1g.10gb:", "all-1g.10gb.me:"));

            follow(cluster, "all-1g.10gb");
            assertThat(layout(cluster)).isEqualTo(Map.of("1g.10gb", 7));
            awaitLabels(cluster, walkThrough("7", "1g.10gb", "1", "16"));
            awaitLabels(
                    cluster,
                    Map.of(
                            "nvidia.com/gpu.memory", "9984",
                            "nvidia.com/gpu.engines.copy", "1",
                            "nvidia.com/gpu.engines.decoder", "1",
                            "nvidia.com/gpu.engines.encoder", "0",
                            "nvidia.com/gpu.engines.jpeg", "1",
                            "nvidia.com/gpu.engines.ofa", "0"));

            follow(cluster, "all-3g.40gb");
            assertThat(layout(cluster)).isEqualTo(Map.of("3g.40gb", 2));
            awaitLabels(cluster, walkThrough("2", "3g.40gb", "3", "60"));

            strategy(cluster, "true", "mixed");
            follow(cluster, "all-balanced");
            awaitLabels(
                    cluster,
                    Map.of(
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
            assertThat(labels(cluster)).doesNotContainKeys("nvidia.com/gpu.slices.gi", "nvidia.com/gpu.family");
            assertThat(layout(cluster)).isEqualTo(Map.of("1g.10gb", 2, "2g.20gb", 1, "3g.40gb", 1));

            label(cluster, CONFIG, "five-1g-one-2g");
            awaitState(cluster, "failed");
            assertThat(events(cluster, "MigConfigFailed")).anyMatch(note -> note.contains("all-balanced"));
            cluster.client()
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                            .withName("custom-mig-config")
                            .endMetadata()
                            .withData(Map.of("config.yaml", CUSTOM))
                            .build())
                    .create();
            awaitState(cluster, "success");
            assertThat(layout(cluster)).isEqualTo(Map.of("1g.10gb", 5, "2g.20gb", 1));

            follow(cluster, "all-disabled");
            assertThat(layout(cluster)).isEmpty();
            assertThat(gpu(cluster).migMode()).isEqualTo(MigMode.OFF);
            awaitLabels(
                    cluster,
                    Map.of(
                            "nvidia.com/gpu.count", "1",
                            "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3",
                            "nvidia.com/gpu.replicas", "1",
                            "nvidia.com/gpu.family", "hopper",
                            "nvidia.com/gpu.compute.major", "9",
                            "nvidia.com/gpu.memory", "81559"));
            assertThat(labels(cluster).keySet()).noneMatch(label -> label.startsWith("nvidia.com/mig-"));
            assertThat(labels(cluster)).containsEntry(DCGM, "true");
            assertThat(events(cluster, "MigConfigApplied")).hasSizeGreaterThanOrEqualTo(5);
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    @Test
    void aPodRunsOnAMigDeviceThatItNamesByItsProfile() throws Exception {
        try (EmbeddedCluster cluster = cluster(H100 + ":2", Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            strategy(cluster, "{\"index\": [1]}", "mixed");
            follow(cluster, "all-1g.10gb");
            awaitAllocatable(cluster, "nvidia.com/mig-1g.10gb", 7);
            awaitAllocatable(cluster, "nvidia.com/gpu", 7);

            workload.create(GpuPod.named("small").container("main", "mig-1g.10gb", "1"));
            workload.create(GpuPod.named("two").container("main", "mig-1g.10gb", "2"));
            List<String> devices = awaitDevices(workload, "small", 1);

            assertThat(migUuids(cluster, 1)).containsAll(devices).containsAll(awaitDevices(workload, "two", 2));
            assertThat(workload.devicesSeenBy("two", "main")).doesNotContainAnyElementsOf(devices);
            // The pool beside it goes on.
            workload.run(GpuPod.named("pooled").container("main", "gpu", "1", "gpumem", "8000"));
            assertThat(migUuids(cluster, 0)).containsAll(workload.devicesSeenBy("pooled", "main"));

            label(cluster, CONFIG, "all-3g.40gb");
            await("it is said for whom it waits").atMost(LONGEST).untilAsserted(() -> assertThat(
                            events(cluster, "MigConfigWaits"))
                    .anyMatch(note -> note.contains("pod " + workload.namespace() + "/small")));
            assertThat(workload.devicesSeenBy("small", "main")).isEqualTo(devices);
            workload.delete("small");
            workload.delete("two");
            awaitAllocatable(cluster, "nvidia.com/mig-3g.40gb", 2);
            awaitAllocatable(cluster, "nvidia.com/mig-1g.10gb", 0);
        }
    }

    @Test
    void withOneKindOfDeviceSingleOffersItAsTheGpu() throws Exception {
        try (EmbeddedCluster cluster = cluster(H100 + ":2", Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            strategy(cluster, "true", "single");
            follow(cluster, "all-1g.10gb");
            awaitAllocatable(cluster, "nvidia.com/gpu", 14);

            // The default scheduler, which has no extender, would bind it there.
            workload.create(
                    GpuPod.named("plain").ignoredByTheWebhook().boundTo(NODE).container("main", "gpu", "1"));
            assertThat(awaitDevices(workload, "plain", 1)).first().asString().startsWith("MIG-");
            workload.create(GpuPod.named("pooled").container("main", "gpu", "1", "gpumem", "8000"));
            workload.awaitRefusal("pooled");
            workload.delete("plain");
            follow(cluster, "all-enabled");
            awaitAllocatable(cluster, "nvidia.com/gpu", 0);

            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, DYNAMIC);
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

    private static void awaitLabels(EmbeddedCluster cluster, Map<String, String> expected) {
        await("labels").atMost(LONGEST).untilAsserted(() -> assertThat(labels(cluster))
                .containsAllEntriesOf(expected));
    }

    private static void strategy(EmbeddedCluster cluster, String labelDriven, String strategy) {
        label(cluster, DCGM, "true");
        cluster.editConfigMap(
                EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, """
                {"nodeconfig": [{"name": "label-node", "operatingmode": "mig", "labeldriven": %s, "migstrategy": "%s"}]}
                """.formatted(labelDriven, strategy));
    }

    private static void awaitAllocatable(EmbeddedCluster cluster, String resource, int count) {
        await(count + " of " + resource).atMost(LONGEST).untilAsserted(() -> {
            Quantity allocatable = Objects.requireNonNull(
                            cluster.client().nodes().withName(NODE).get())
                    .getStatus()
                    .getAllocatable()
                    .get(resource);
            assertThat(
                            allocatable == null
                                    ? 0
                                    : allocatable.getNumericalAmount().intValue())
                    .isEqualTo(count);
        });
    }

    private static List<String> awaitDevices(Workload workload, String pod, int count) {
        await("pod " + pod + " has its devices").atMost(LONGEST).untilAsserted(() -> {
            assertThat(workload.pod(pod).getStatus().getPhase())
                    .as(() -> String.valueOf(workload.pod(pod).getStatus()))
                    .isEqualTo("Running");
            assertThat(workload.devicesSeenBy(pod, "main")).hasSize(count);
        });
        return workload.devicesSeenBy(pod, "main");
    }

    private static List<String> migUuids(EmbeddedCluster cluster, int gpu) throws GpuException {
        return cluster.node(NODE).machine().snapshot().gpus().get(gpu).instances().stream()
                .flatMap(instance -> instance.computeInstances().stream())
                .map(ComputeInstance::migUuid)
                .toList();
    }

    @Test
    void aChangeWaitsForThePodsOfThePoolAndSaysForWhom() throws Exception {
        try (EmbeddedCluster cluster = cluster(H100, Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.run(GpuPod.named("train").container("main", "gpu", "1", "gpumem", "8000"));
            List<String> devices = workload.devicesSeenBy("train", "main");

            label(cluster, CONFIG, "all-3g.40gb");
            await("the label is ignored").atMost(LONGEST).untilAsserted(() -> assertThat(
                            events(cluster, "MigConfigIgnored"))
                    .isNotEmpty());
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LABEL_DRIVEN);
            awaitState(cluster, "pending");

            await("it is said for whom it waits").atMost(LONGEST).untilAsserted(() -> assertThat(
                            events(cluster, "MigConfigWaits"))
                    .anyMatch(note -> note.contains("pod " + workload.namespace() + "/train")));
            assertThat(workload.devicesSeenBy("train", "main")).isEqualTo(devices);
            assertThat(layout(cluster)).isEqualTo(Map.of("1g.10gb", 1));

            workload.delete("train");
            awaitState(cluster, "success");
            assertThat(layout(cluster)).isEqualTo(Map.of("3g.40gb", 2));

            // Back to the pool: what the label made is respected there.
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, DYNAMIC);
            workload.create(GpuPod.named("later").container("main", "gpu", "1", "gpumem", "8000"));
            workload.awaitRefusal("later");
            assertThat(layout(cluster)).isEqualTo(Map.of("3g.40gb", 2));
        }
    }

    @Test
    void aDrainLeavesAPodToItsDisruptionBudgetAndSaysSo() throws Exception {
        try (EmbeddedCluster cluster = cluster(
                        H100, Map.of("migpool.mig-manager.drain", "true", "migpool.mig-manager.first-retry", "PT1S"));
                Workload workload = Workload.inNewNamespace(cluster)) {
            strategy(cluster, "true", "mixed");
            follow(cluster, "all-1g.10gb");
            awaitAllocatable(cluster, "nvidia.com/mig-1g.10gb", 7);
            workload.create(GpuPod.named("guarded").label("app", "guarded").container("main", "mig-1g.10gb", "1"));
            workload.create(GpuPod.named("free").container("main", "mig-1g.10gb", "1"));
            List<String> devices = awaitDevices(workload, "guarded", 1);
            awaitDevices(workload, "free", 1);
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

            label(cluster, CONFIG, "all-7g.80gb");

            await("the budget is told of").atMost(LONGEST).untilAsserted(() -> assertThat(
                            events(cluster, "MigConfigWaits"))
                    .anyMatch(note ->
                            note.contains("disruption budget") && note.contains(workload.namespace() + "/guarded")));
            await("who may go goes").atMost(LONGEST).untilAsserted(() -> assertThat(cluster.client()
                            .pods()
                            .inNamespace(workload.namespace())
                            .withName("free")
                            .get())
                    .isNull());
            assertThat(workload.devicesSeenBy("guarded", "main")).isEqualTo(devices);
            assertThat(migUuids(cluster, 0)).containsAll(devices);

            cluster.client().resource(budget).delete();
            awaitState(cluster, "success");
            assertThat(layout(cluster)).isEqualTo(Map.of("7g.80gb", 1));
            assertThat(events(cluster, "MigConfigEvicts")).hasSize(2);
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    @Test
    void theNodeIsDrainedAndRebootedOnceWithTheHostsServicesOut(@TempDir Path directory) throws Exception {
        CountDownLatch rebooting = new CountDownLatch(1);
        try (HostBus host = HostBus.start(directory.resolve("bus"), rebooting::countDown);
                EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                                List.of(NodeSpec.shared(NODE, "NVIDIA A100-SXM4-80GB")),
                                SharedCluster.DEVICE_CONFIG,
                                "{}")
                        .withSettings(Map.of(
                                "migpool.mig-manager.dbus-address", host.address(),
                                "migpool.mig-manager.stop-host-services", "true",
                                "migpool.mig-manager.gpu-reset", "false",
                                "migpool.mig-manager.reboot", "true",
                                "migpool.mig-manager.drain", "true")));
                Workload workload = Workload.inNewNamespace(cluster)) {
            host.run("nvidia-dcgm.service");
            workload.run(GpuPod.named("train").container("main", "gpu", "1", "gpumem", "8000"));

            label(cluster, CONFIG, "all-balanced");
            cluster.editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, LABEL_DRIVEN);
            assertThat(rebooting.await(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();

            awaitState(cluster, "rebooting");
            assertThat(host.isRunning("nvidia-dcgm.service")).isFalse();
            assertThat(workload.client()
                            .pods()
                            .inNamespace(workload.namespace())
                            .withName("train")
                            .get())
                    .isNull();
            assertThat(isCordoned(cluster)).isTrue();

            cluster.node(NODE).stopAgent();
            cluster.node(NODE).machine().reboot();
            cluster.node(NODE).startAgent();

            awaitState(cluster, "success");
            assertThat(layout(cluster)).isEqualTo(Map.of("1g.10gb", 2, "2g.20gb", 1, "3g.40gb", 1));
            await("the services are back").atMost(LONGEST).until(() -> host.isRunning("nvidia-dcgm.service"));
            await("the node takes pods").atMost(LONGEST).until(() -> !isCordoned(cluster));
            assertThat(host.jobs()).containsOnlyOnce("start reboot.target");
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    private static boolean isCordoned(EmbeddedCluster cluster) {
        return Boolean.TRUE.equals(
                Objects.requireNonNull(cluster.client().nodes().withName(NODE).get())
                        .getSpec()
                        .getUnschedulable());
    }

    private static void follow(EmbeddedCluster cluster, String config) {
        label(cluster, CONFIG, config);
        await("the node follows " + config).atMost(LONGEST).untilAsserted(() -> assertThat(
                        events(cluster, "MigConfigApplied"))
                .anyMatch(note -> note.contains(config)));
        awaitState(cluster, "success");
        assertThat(labels(cluster)).containsEntry(DCGM, "true");
    }

    /** As kubectl does, whatever the agent writes meanwhile. */
    private static void label(EmbeddedCluster cluster, String key, String value) {
        cluster.client()
                .nodes()
                .withName(NODE)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"labels\": {\"%s\": \"%s\"}}}".formatted(key, value));
    }

    private static void awaitState(EmbeddedCluster cluster, String state) {
        await("state " + state).atMost(LONGEST).untilAsserted(() -> assertThat(labels(cluster))
                .containsEntry(STATE, state));
    }

    private static Map<String, String> labels(EmbeddedCluster cluster) {
        return Objects.requireNonNull(cluster.client().nodes().withName(NODE).get())
                .getMetadata()
                .getLabels();
    }

    private static String generated(EmbeddedCluster cluster) {
        KubernetesClient client = cluster.client();
        var map = client.configMaps()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(NODE + "-mig-config")
                .get();
        return map == null ? "" : map.getData().getOrDefault("config.yaml", "");
    }

    private static List<String> events(EmbeddedCluster cluster, String reason) {
        return cluster.client().v1().events().inAnyNamespace().list().getItems().stream()
                .filter(event -> reason.equals(event.getReason()))
                .map(event -> String.valueOf(event.getMessage()))
                .toList();
    }

    private static MachineSnapshot.Gpu gpu(EmbeddedCluster cluster) throws GpuException {
        return cluster.node(NODE).machine().snapshot().gpus().getFirst();
    }

    private static Map<String, Integer> layout(EmbeddedCluster cluster) throws GpuException {
        Map<String, Integer> counts = new TreeMap<>();
        gpu(cluster)
                .instances()
                .forEach(instance -> counts.merge(instance.profile().toString(), 1, Integer::sum));
        return counts;
    }
}
