package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.simulated.MachineSnapshot;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Restarts of the node agent and of the extender. */
@ExtendWith(SharedCluster.class)
class RecoveryTest {

    @Test
    void theNodeAgentAdoptsTheInstancesItFindsAfterARestart(Workload workload) throws Exception {
        workload.run(
                GpuPod.named("before").on(SharedCluster.MIG_NODE).container("main", "gpu", "2", "gpumem", "20000"));
        List<String> uuids = workload.migUuidsOf("before");

        workload.cluster().restartAgent(SharedCluster.MIG_NODE);
        workload.run(GpuPod.named("after").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "8000"));

        assertThat(workload.devicesSeenBy("before", "main")).isEqualTo(uuids);
        assertThat(workload.migUuidsOf("after")).doesNotContainAnyElementsOf(uuids);
        assertThat(existing(workload, SharedCluster.MIG_NODE)).containsAll(uuids);
    }

    @Test
    void theExtenderRebuildsTheOccupancyAfterARestart(Workload workload) throws Exception {
        List<String> first = IntStream.range(0, 4).mapToObj(i -> "first-" + i).toList();
        first.forEach(name -> workload.run(
                GpuPod.named(name).on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000")));

        workload.cluster().restartExtender();
        List<String> second = IntStream.range(0, 3).mapToObj(i -> "second-" + i).toList();
        second.forEach(name -> workload.run(
                GpuPod.named(name).on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000")));

        assertThat(IntStream.concat(
                        first.stream().mapToInt(name -> startOf(workload, name)),
                        second.stream().mapToInt(name -> startOf(workload, name))))
                .hasSize(7)
                .doesNotHaveDuplicates();
    }

    private static int startOf(Workload workload, String pod) {
        return workload.instancesOf(pod).getFirst().placement().start();
    }

    private static List<String> existing(Workload workload, String node) throws Exception {
        return workload.node(node).machine().snapshot().gpus().stream()
                .map(MachineSnapshot.Gpu::instances)
                .flatMap(List::stream)
                .flatMap(instance -> instance.computeInstances().stream())
                .map(compute -> compute.migUuid())
                .toList();
    }
}
