package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.MigAllocation;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One pool of MIG and software-shared nodes. */
@ExtendWith(SharedCluster.class)
class PoolTest {

    @Test
    void aPinnedPodLandsOnItsOwnKindOnly(Workload workload) {
        workload.run(GpuPod.named("mig").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
        workload.run(GpuPod.named("core").mode("hami-core").container("main", "gpu", "1", "gpumem", "8000"));

        assertThat(workload.nodeOf("mig")).isIn(SharedCluster.MIG_NODE, SharedCluster.SINGLE_NODE);
        assertThat(workload.devicesSeenBy("mig", "main"))
                .singleElement()
                .asString()
                .startsWith("MIG-");
        assertThat(workload.nodeOf("core")).isEqualTo(SharedCluster.CORE_NODE);
        assertThat(workload.devicesSeenBy("core", "main"))
                .singleElement()
                .asString()
                .startsWith("GPU-");
    }

    @Test
    void twoInstancesOfOneGpuAreGivenToOneContainer(Workload workload) {
        workload.run(
                GpuPod.named("twins").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "2", "gpumem", "8000"));

        assertThat(workload.instancesOf("twins").stream()
                        .map(MigAllocation::gpuUuid)
                        .distinct())
                .hasSize(1);
        assertThat(workload.devicesSeenBy("twins", "main"))
                .hasSize(2)
                .doesNotHaveDuplicates()
                .containsExactlyElementsOf(workload.migUuidsOf("twins"));
    }

    @Test
    void eightPodsStartAtOnceOnOneNode(Workload workload) {
        List<String> names = IntStream.range(0, 8).mapToObj(i -> "burst-" + i).toList();
        names.forEach(name -> workload.create(
                GpuPod.named(name).on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "8000")));

        names.forEach(workload::awaitRunning);

        assertThat(names.stream().flatMap(name -> workload.migUuidsOf(name).stream()))
                .hasSize(8)
                .doesNotHaveDuplicates();
        assertThat(names).allSatisfy(name -> assertThat(workload.devicesSeenBy(name, "main"))
                .isEqualTo(workload.migUuidsOf(name)));
    }

    @Test
    void anInitContainerUsesTheInstanceOfItsAppContainer(Workload workload) {
        workload.run(GpuPod.named("staged")
                .mode("mig")
                .init("prepare", "gpu", "1", "gpumem", "8000")
                .container("main", "gpu", "1", "gpumem", "20000"));

        assertThat(workload.instancesOf("staged")).hasSize(2);
        assertThat(workload.migUuidsOf("staged")).hasSize(1);
        assertThat(workload.instancesOf("staged"))
                .allSatisfy(instance ->
                        assertThat(instance.profile().nominalMemoryMiB()).isGreaterThanOrEqualTo(20000));
        assertThat(workload.devicesSeenBy("staged", "main")).isEqualTo(workload.migUuidsOf("staged"));
    }

    @Test
    void anInitContainerIsLargeEnoughThoughASmallerContainerTakesItsSlotNext(Workload workload) {
        workload.create(GpuPod.named("growing")
                .on(SharedCluster.MIG_NODE)
                .annotation("testbed.migpool.io/init-run-for", "1440m")
                .init("prepare", "gpu", "1", "gpumem", "30000")
                .container("small", "gpu", "1", "gpumem", "8000")
                .container("large", "gpu", "1", "gpumem", "30000"));

        assertThat(workload.isPlaced("growing")).isTrue();
        await("the init container sees a large instance").untilAsserted(() -> {
            List<String> seen = workload.devicesSeenBy("growing", "prepare");
            assertThat(workload.instancesOf("growing").stream()
                            .filter(instance -> instance.runtime() != null
                                    && seen.contains(instance.runtime().migUuid())))
                    .isNotEmpty()
                    .allSatisfy(instance ->
                            assertThat(instance.profile().nominalMemoryMiB()).isGreaterThanOrEqualTo(30_000));
        });
    }

    @Test
    void severalContainersGetTheirOwnInstances(Workload workload) {
        workload.run(GpuPod.named("pair")
                .mode("mig")
                .container("left", "gpu", "1", "gpumem", "8000")
                .container("without")
                .container("right", "gpu", "1", "gpumem", "20000"));

        assertThat(workload.devicesSeenBy("pair", "left")).hasSize(1);
        assertThat(workload.devicesSeenBy("pair", "without")).isEmpty();
        assertThat(workload.devicesSeenBy("pair", "right"))
                .hasSize(1)
                .doesNotContainAnyElementsOf(workload.devicesSeenBy("pair", "left"));
    }

    @Test
    void aPodStartsWhileAnotherIsDeleted(Workload workload) {
        workload.run(
                GpuPod.named("leaving").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "40000"));
        workload.run(
                GpuPod.named("staying").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "20000"));
        List<String> before = workload.migUuidsOf("staying");

        workload.create(
                GpuPod.named("coming").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "8000"));
        workload.delete("leaving");
        workload.awaitRunning("coming");

        assertThat(workload.devicesSeenBy("staying", "main")).isEqualTo(before);
    }

    @Test
    void aFullNodeTakesTheWaitingPodOnceSpaceIsFree(Workload workload) {
        workload.run(GpuPod.named("whole").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1"));
        workload.create(
                GpuPod.named("waiting").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000"));
        assertThat(workload.awaitRefusal("waiting")).contains("0/3 nodes are available");

        workload.delete("whole");

        workload.awaitRunning("waiting");
    }
}
