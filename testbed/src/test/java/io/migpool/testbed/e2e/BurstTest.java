package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many pods at once on one node whose driver takes its time. */
class BurstTest {

    private static final System.Logger LOG = System.getLogger(BurstTest.class.getName());
    private static final String NODE = "burst-node";
    private static final int PODS = 40;
    /** One after the other they would take 100 s, side by side on their GPUs 12.5 s; `bench node` holds the budget. */
    private static final Duration CREATION = Duration.ofMillis(2_500);

    private static final Duration LONGEST = Duration.ofSeconds(90);

    @Test
    void fortyPodsOnEightGpusStartSideBySide() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:8")), SharedCluster.DEVICE_CONFIG, """
                        {"nodeconfig": [{"name": "burst-node", "operatingmode": "mig"}]}
                        """)
                .withCreateLatency(CREATION);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            long begin = System.nanoTime();
            IntStream.range(0, PODS)
                    .forEach(i -> workload.create(
                            GpuPod.named("burst-" + i).container("main", "gpu", "1", "gpumem", "8000")));

            await("all run").atMost(LONGEST).until(() -> running(workload) == PODS);

            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            LOG.log(System.Logger.Level.INFO, "{0} pods ran after {1} ms", PODS, took.toMillis());
            await("all are written back").atMost(LONGEST).untilAsserted(() -> assertThat(IntStream.range(0, PODS)
                            .mapToObj(i -> workload.migUuidsOf("burst-" + i))
                            .flatMap(List::stream))
                    .hasSize(PODS)
                    .doesNotHaveDuplicates());
        }
    }

    private static long running(Workload workload) {
        return workload.client().pods().inNamespace(workload.namespace()).list().getItems().stream()
                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                .count();
    }
}
