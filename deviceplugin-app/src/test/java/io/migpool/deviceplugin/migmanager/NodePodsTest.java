package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How pods are asked to leave. */
class NodePodsTest {

    private final FakeCluster cluster = new FakeCluster();
    private Instant now = Instant.EPOCH;
    private final NodePods pods = new NodePods(cluster, cluster, () -> now);

    @Test
    void aPodThatItsBudgetKeepsIsNotAskedAgainAtOnce() throws UnreachableException {
        Pod kept = ReservedPod.named("kept").build();
        cluster.add(kept);
        cluster.holdBackEvictions(2);

        for (int second = 0; second < 10; second++) {
            assertThat(pods.evict(List.of(kept), "why"))
                    .as("after %d s", second)
                    .singleElement()
                    .asString()
                    .contains("disruption budget", "kept");
            now = now.plus(Duration.ofSeconds(1));
        }
        assertThat(cluster.evicted()).isEmpty();

        assertThat(pods.evict(List.of(kept), "why")).isEmpty();
        assertThat(cluster.evicted()).containsExactly("kept");
    }

    @Test
    void aPodThatComesBackByItselfIsNotEvicted() throws UnreachableException {
        Pod mirror = new PodBuilder(ReservedPod.named("static").build())
                .editMetadata()
                .addToAnnotations("kubernetes.io/config.mirror", "hash")
                .endMetadata()
                .build();
        Pod daemon = new PodBuilder(ReservedPod.named("daemon").build())
                .editMetadata()
                .addNewOwnerReference()
                .withKind("DaemonSet")
                .withName("monitor")
                .endOwnerReference()
                .endMetadata()
                .build();
        Pod other = ReservedPod.named("other").build();
        List.of(mirror, daemon, other).forEach(cluster::add);

        assertThat(pods.evict(List.of(mirror, daemon, other), "why"))
                .hasSize(2)
                .allSatisfy(obstacle -> assertThat(obstacle).contains("belongs to the node"));

        assertThat(cluster.evicted()).containsExactly("other");
    }
}
