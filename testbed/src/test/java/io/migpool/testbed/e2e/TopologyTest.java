package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pods with several GPUs get those that are linked, if they ask for it. */
class TopologyTest {

    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final String NODE = "core-node";
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "core-node", "operatingmode": "hami-core"}]}
            """;

    @Test
    void twoGpusOfAPodAreThePairWithTheLinks() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.shared(NODE, "NVIDIA A100-SXM4-80GB:4")),
                        SharedCluster.DEVICE_CONFIG,
                        NODE_CONFIG)
                .withSettings(Map.of("migpool.simulated.nvlinks", "0-2:4, 1-3:12"));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            List<String> gpus = cluster.node(NODE).machine().snapshot().gpus().stream()
                    .map(gpu -> gpu.description().uuid())
                    .toList();
            await("the node tells its links").atMost(LONGEST).untilAsserted(() -> {
                LinkScores scores = LinkScores.decode(cluster.client()
                        .nodes()
                        .withName(NODE)
                        .get()
                        .getMetadata()
                        .getAnnotations()
                        .getOrDefault(Annotations.NODE_LINKS, ""));
                assertThat(scores.between(gpus.get(1), gpus.get(3))).isEqualTo(1210);
                assertThat(scores.between(gpus.get(2), gpus.get(0))).isEqualTo(410);
                assertThat(scores.between(gpus.get(0), gpus.get(1))).isEqualTo(10);
            });

            workload.run(pair("best"));
            workload.run(pair("next"));

            assertThat(workload.devicesSeenBy("best", "main")).containsExactlyInAnyOrder(gpus.get(1), gpus.get(3));
            assertThat(workload.devicesSeenBy("next", "main")).containsExactlyInAnyOrder(gpus.get(0), gpus.get(2));
        }
    }

    private static GpuPod pair(String name) {
        return GpuPod.named(name)
                .annotation("hami.io/gpu-scheduler-policy", "topology-aware")
                .container("main", "gpu", "2", "gpumem-percentage", "100");
    }
}
