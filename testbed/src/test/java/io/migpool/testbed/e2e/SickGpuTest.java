package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The hardware of a GPU fails: new pods go elsewhere until it is repaired, running ones stay. */
class SickGpuTest {

    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final String NODE = "mig-node-a";
    private static final String OTHER = "mig-node-b";
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "mig-node-a", "operatingmode": "mig"}, {"name": "mig-node-b", "operatingmode": "mig"}]}
            """;

    @Test
    void itGetsNoNewPodsUntilItIsRepaired() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(
                                NodeSpec.mig(NODE, "NVIDIA H100 80GB HBM3:1"),
                                NodeSpec.mig(OTHER, "NVIDIA H100 80GB HBM3:1")),
                        SharedCluster.DEVICE_CONFIG,
                        NODE_CONFIG)
                .withSettings(Map.of("migpool.health.quiet-time", "PT0.5S"));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            var machine = cluster.node(NODE).machine();
            String sick = machine.snapshot().gpus().getFirst().description().uuid();
            workload.run(small("before").on(NODE));
            List<String> devices = workload.devicesSeenBy("before", "main");

            machine.raiseXid(sick, 95);
            machine.needRecovery(sick, RecoveryAction.DRAIN_AND_RESET);
            await("the GPU is out of use").atMost(LONGEST).until(() -> healthy(cluster)
                    .equals(List.of(false)));
            workload.create(small("waiting").on(NODE));
            workload.run(small("elsewhere"));

            // kubelet withdraws the slots of the node's only GPU; either component may notice first.
            assertThat(workload.awaitRefusal("waiting"))
                    .containsAnyOf("GPU is unhealthy", "Insufficient nvidia.com/gpu");
            assertThat(workload.nodeOf("elsewhere")).isEqualTo(OTHER);
            assertThat(cluster.client()
                            .nodes()
                            .withName(NODE)
                            .get()
                            .getMetadata()
                            .getAnnotations())
                    .hasEntrySatisfying(Annotations.NODE_GPU_CONDITIONS, conditions -> assertThat(conditions)
                            .contains(sick, "DRAIN_AND_RESET"));
            assertThat(workload.pod("before").getStatus().getPhase()).isEqualTo("Running");
            assertThat(workload.devicesSeenBy("before", "main")).isEqualTo(devices);

            workload.delete("before");
            machine.resetGpu(sick);

            workload.awaitRunning("waiting");
            await("it is told that the GPU is well again").atMost(LONGEST).untilAsserted(() -> assertThat(
                            cluster.client()
                                    .events()
                                    .v1()
                                    .events()
                                    .inNamespace("default")
                                    .list()
                                    .getItems())
                    .anySatisfy(event -> {
                        assertThat(event.getReason()).isEqualTo("GpuRecovered");
                        assertThat(event.getType()).isEqualTo("Normal");
                        assertThat(event.getNote()).contains(sick);
                    }));
            assertThat(workload.instancesOf("waiting"))
                    .extracting(MigAllocation::gpuUuid)
                    .containsExactly(sick);
        }
    }

    private static GpuPod small(String name) {
        return GpuPod.named(name).container("main", "gpu", "1", "gpumem", "8000");
    }

    private static List<Boolean> healthy(EmbeddedCluster cluster) {
        String registration = cluster.client()
                .nodes()
                .withName(NODE)
                .get()
                .getMetadata()
                .getAnnotations()
                .getOrDefault(Annotations.NODE_REGISTER, "");
        try {
            return NodeRegistration.decode(registration).stream()
                    .map(GpuInventory::healthy)
                    .toList();
        } catch (MalformedAnnotationException e) {
            throw new AssertionError(e);
        }
    }
}
