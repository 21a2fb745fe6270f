package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The node of a cluster with one, whose GPUs are cut as its label says: what a test tells it, waits for and reads.
 *
 * @param cluster the cluster; its caller closes it
 */
record LabelledNode(EmbeddedCluster cluster) {

    static final String NAME = "label-node";
    static final String CONFIG = "nvidia.com/mig.config";
    static final String DCGM = "nvidia.com/gpu.deploy.dcgm-exporter";
    static final Duration LONGEST = Duration.ofSeconds(90);
    static final String H100 = "NVIDIA H100 80GB HBM3";

    /** The configuration with which all GPUs are the pool's. */
    static final String DYNAMIC = """
            {"nodeconfig": [{"name": "label-node", "operatingmode": "mig"}]}
            """;

    private static final String STATE = "nvidia.com/mig.config.state";

    /** Starts a cluster with this node, whose GPUs are the pool's. */
    static EmbeddedCluster cluster(String boards, Map<String, String> settings) throws Exception {
        return EmbeddedCluster.start(
                ClusterSpec.fast(List.of(NodeSpec.shared(NAME, boards)), SharedCluster.DEVICE_CONFIG, DYNAMIC)
                        .withSettings(settings));
    }

    void strategy(String labelDriven, String strategy) {
        label(DCGM, "true");
        cluster.editConfigMap(
                EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, """
                {"nodeconfig": [{"name": "label-node", "operatingmode": "mig", "labeldriven": %s, "migstrategy": "%s"}]}
                """.formatted(labelDriven, strategy));
    }

    void follow(String config) {
        label(CONFIG, config);
        await("the node follows " + config).atMost(LONGEST).untilAsserted(() -> assertThat(events("MigConfigApplied"))
                .anyMatch(note -> note.contains(config)));
        awaitState("success");
        assertThat(labels()).containsEntry(DCGM, "true");
    }

    /** As kubectl does, whatever the agent writes meanwhile. */
    void label(String key, String value) {
        cluster.client()
                .nodes()
                .withName(NAME)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"labels\": {\"%s\": \"%s\"}}}".formatted(key, value));
    }

    /** Creates a ConfigMap that the agent reads. */
    void publish(String configMap, String key, String text) {
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

    void awaitState(String state) {
        await("state " + state).atMost(LONGEST).untilAsserted(() -> assertThat(labels())
                .containsEntry(STATE, state));
    }

    void awaitLabels(Map<String, String> expected) {
        await("labels").atMost(LONGEST).untilAsserted(() -> assertThat(labels()).containsAllEntriesOf(expected));
    }

    void awaitAllocatable(String resource, int count) {
        await(count + " of " + resource).atMost(LONGEST).untilAsserted(() -> {
            Quantity allocatable = Objects.requireNonNull(
                            cluster.client().nodes().withName(NAME).get())
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

    Map<String, String> labels() {
        return Objects.requireNonNull(cluster.client().nodes().withName(NAME).get())
                .getMetadata()
                .getLabels();
    }

    boolean isCordoned() {
        return Boolean.TRUE.equals(
                Objects.requireNonNull(cluster.client().nodes().withName(NAME).get())
                        .getSpec()
                        .getUnschedulable());
    }

    String generated() {
        KubernetesClient client = cluster.client();
        var map = client.configMaps()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(NAME + "-mig-config")
                .get();
        return map == null ? "" : map.getData().getOrDefault("config.yaml", "");
    }

    List<String> events(String reason) {
        return cluster.client().v1().events().inAnyNamespace().list().getItems().stream()
                .filter(event -> reason.equals(event.getReason()))
                .map(event -> String.valueOf(event.getMessage()))
                .toList();
    }

    Map<String, Integer> layout() throws GpuException {
        Map<String, Integer> counts = new TreeMap<>();
        gpu().instances().forEach(instance -> counts.merge(instance.profile().toString(), 1, Integer::sum));
        return counts;
    }

    List<String> migUuids(int gpu) throws GpuException {
        return cluster.node(NAME).machine().snapshot().gpus().get(gpu).instances().stream()
                .flatMap(instance -> instance.computeInstances().stream())
                .map(ComputeInstance::migUuid)
                .toList();
    }

    MachineSnapshot.Gpu gpu() throws GpuException {
        return cluster.node(NAME).machine().snapshot().gpus().getFirst();
    }
}
