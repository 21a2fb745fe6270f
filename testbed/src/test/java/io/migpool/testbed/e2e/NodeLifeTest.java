package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.NodeRegistration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens to an instance when its pod is gone. */
@ExtendWith(SharedCluster.class)
class NodeLifeTest {

    @Test
    void theNextPodOfTheSameSizeGetsTheIdleInstanceAsItIs(Workload workload) {
        workload.run(GpuPod.named("before").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1"));
        List<String> first = workload.migUuidsOf("before");
        workload.delete("before");
        await("the instance is idle")
                .untilAsserted(() -> assertThat(gpu(workload).idle()).hasSize(1));

        workload.run(GpuPod.named("after").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1"));

        assertThat(workload.migUuidsOf("after")).isEqualTo(first);
        assertThat(workload.devicesSeenBy("after", "main")).isEqualTo(first);
    }

    @Test
    void theInstanceOfAForceDeletedPodIsQuarantinedUntilItsProcessEnds(Workload workload) {
        var kubelet = workload.node(SharedCluster.SINGLE_NODE).kubelet();
        workload.run(
                GpuPod.named("ghost").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "40000"));
        Placement held = workload.instancesOf("ghost").getFirst().placement();

        kubelet.forceDelete(workload.namespace(), "ghost");
        await("the place is published as blocked")
                .untilAsserted(() -> assertThat(gpu(workload).blocked()).containsExactly(held));
        workload.run(
                GpuPod.named("beside").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "40000"));

        assertThat(workload.instancesOf("beside").getFirst().placement().overlaps(held))
                .isFalse();
        kubelet.reapOrphans();
        await("the place is free again")
                .untilAsserted(() -> assertThat(gpu(workload).blocked()).isEmpty());
    }

    private static GpuInventory gpu(Workload workload) throws Exception {
        return NodeRegistration.fromAnnotations(Objects.requireNonNull(workload.client()
                                .nodes()
                                .withName(SharedCluster.SINGLE_NODE)
                                .get())
                        .getMetadata()
                        .getAnnotations())
                .getFirst();
    }
}
