package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Restarts and strangers. */
@ExtendWith(SharedCluster.class)
class RecoveryTest {

    @Test
    void theNodeAgentAdoptsTheInstancesItFindsAfterARestart(Workload workload) throws Exception {
        workload.run(GpuPod.named("before").on(SharedCluster.MIG_NODE).container("main", "gpu", "2", "gpumem", "20000"));
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

    @Test
    void anInstanceMadeBySomeoneElseIsRespected(Workload workload) throws Exception {
        var machine = workload.node(SharedCluster.SINGLE_NODE).machine();
        String gpu = machine.snapshot().gpus().getFirst().description().uuid();
        GpuInstance foreign =
                machine.createForeignInstance(gpu, MigProfile.parse("3g.40gb"), new Placement(4, 4), 3);
        try {
            workload.cluster().restartAgent(SharedCluster.SINGLE_NODE);
            workload.run(GpuPod.named("beside")
                    .on(SharedCluster.SINGLE_NODE)
                    .container("main", "gpu", "1", "gpumem", "40000"));
            workload.create(GpuPod.named("no-room")
                    .on(SharedCluster.SINGLE_NODE)
                    .container("main", "gpu", "1", "gpumem", "8000"));

            assertThat(workload.instancesOf("beside"))
                    .singleElement()
                    .extracting(MigAllocation::placement)
                    .isEqualTo(new Placement(0, 4));
            assertThat(workload.awaitRefusal("no-room")).contains("0/3 nodes are available");
            assertThat(machine.snapshot().gpus().getFirst().instances())
                    .anySatisfy(instance -> assertThat(instance.id()).isEqualTo(foreign.id()));
        } finally {
            try (GpuDriver other = machine.openDriver()) {
                other.destroyComputeInstance(foreign, foreign.computeInstances().getFirst());
                other.destroyGpuInstance(foreign);
            }
            workload.cluster().restartAgent(SharedCluster.SINGLE_NODE);
        }
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
