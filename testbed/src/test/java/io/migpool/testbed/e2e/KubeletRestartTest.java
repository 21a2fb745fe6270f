package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.kubelet.RunningContainer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kubelet restarts: its socket is recreated, and it remembers devices but no plugin. */
@ExtendWith(SharedCluster.class)
class KubeletRestartTest {

    private static final String NODE = SharedCluster.MIG_NODE;

    @Test
    void runningPodsKeepTheirInstancesAndNewOnesStart(Workload workload) throws Exception {
        workload.run(GpuPod.named("before").on(NODE).container("main", "gpu", "1", "gpumem", "20000"));
        List<String> devices = workload.devicesSeenBy("before", "main");

        workload.cluster().restartKubelet(NODE);
        workload.run(GpuPod.named("after").on(NODE).container("main", "gpu", "1", "gpumem", "20000"));

        assertThat(workload.devicesSeenBy("before", "main"))
                .isEqualTo(devices)
                .isEqualTo(workload.migUuidsOf("before"));
        assertThat(workload.devicesSeenBy("after", "main"))
                .isEqualTo(workload.migUuidsOf("after"))
                .doesNotContainAnyElementsOf(devices);
    }

    @Test
    void aContainerThatCrashesAfterwardsComesBackOnItsInstance(Workload workload) throws Exception {
        workload.run(GpuPod.named("crashing").on(NODE).container("main", "gpu", "1", "gpumem", "8000"));
        List<String> devices = workload.devicesSeenBy("crashing", "main");

        workload.cluster().restartKubelet(NODE);
        String first = container(workload).containerId();
        workload.node(NODE).kubelet().crashContainer(workload.namespace(), "crashing", "main");

        await("the container runs again").atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                        workload.node(NODE).containers(workload.namespace(), "crashing"))
                .extracting(RunningContainer::containerId)
                .isNotEmpty()
                .doesNotContain(first));
        assertThat(workload.devicesSeenBy("crashing", "main")).isEqualTo(devices);
    }

    private static RunningContainer container(Workload workload) {
        return workload.node(NODE).containers(workload.namespace(), "crashing").getFirst();
    }
}
