package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.MigAllocation;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two replicas of the extender and a change of the leader while pods pour in. */
class FailOverTest {

    private static final int PODS = 112;
    private static final int BEFORE = 30;
    private static final Duration LONGEST = Duration.ofSeconds(90);

    @Test
    void noSliceIsGivenTwiceWhenTheLeaderChangesInTheMiddleOfABurst() throws Exception {
        List<NodeSpec> nodes = IntStream.range(0, 2)
                .mapToObj(i -> NodeSpec.mig("node-" + i, "NVIDIA A100-SXM4-80GB:8"))
                .toList();
        String config = """
                {"nodeconfig": [{"name": "node-0", "operatingmode": "mig"}, {"name": "node-1", "operatingmode": "mig"}]}
                """;
        ClusterSpec spec =
                ClusterSpec.fast(nodes, SharedCluster.DEVICE_CONFIG, config).withCreateLatency(Duration.ofMillis(1));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            cluster.startStandby();
            List<String> names =
                    IntStream.range(0, PODS).mapToObj(i -> "burst-" + i).toList();
            names.forEach(name -> workload.create(GpuPod.named(name).container("main", "gpu", "1", "gpumem", "8000")));
            await("some are bound").atMost(LONGEST).until(() -> bound(workload) >= BEFORE);

            int boundBefore = bound(workload);
            cluster.failOver();

            assertThat(boundBefore).as("bound before the leader changed").isLessThan(PODS);
            await("all are bound").atMost(LONGEST).until(() -> bound(workload) == PODS);
            names.forEach(workload::awaitRunning);
            assertNothingIsSharedByTwo(workload, names);
        }
    }

    private static int bound(Workload workload) {
        return (int) workload.client().pods().inNamespace(workload.namespace()).list().getItems().stream()
                .filter(pod -> pod.getSpec().getNodeName() != null)
                .count();
    }

    private static void assertNothingIsSharedByTwo(Workload workload, List<String> names) {
        Set<String> units = new HashSet<>();
        Set<String> uuids = new HashSet<>();
        for (String name : names) {
            MigAllocation instance = workload.instancesOf(name).getFirst();
            for (int unit : IntStream.range(0, instance.placement().size()).toArray()) {
                String taken = instance.gpuUuid() + "/" + (instance.placement().start() + unit);
                assertThat(units.add(taken))
                        .as("%s of %s is its own", taken, name)
                        .isTrue();
            }
            String uuid = Objects.requireNonNull(instance.runtime()).migUuid();
            assertThat(uuids.add(uuid)).as("%s of %s is its own", uuid, name).isTrue();
            assertThat(workload.devicesSeenBy(name, "main")).containsExactly(uuid);
        }
    }
}
