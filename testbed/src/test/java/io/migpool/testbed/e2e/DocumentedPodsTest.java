package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The example pods of HAMi's public documentation, as their users apply them. */
@ExtendWith(SharedCluster.class)
class DocumentedPodsTest {

    @Test
    void twoMigInstancesOfEightThousandMebibytesForOnePinnedContainer(Workload workload) {
        workload.run(GpuPod.named("gpu-pod").mode("mig").container("ubuntu-container", "gpu", "2", "gpumem", "8000"));

        assertThat(workload.instancesOf("gpu-pod")).hasSize(2).allSatisfy(instance -> assertThat(
                        instance.profile().toString())
                .isEqualTo("1g.10gb"));
        assertThat(workload.devicesSeenBy("gpu-pod", "ubuntu-container"))
                .hasSize(2)
                .containsExactlyElementsOf(workload.migUuidsOf("gpu-pod"));
    }

    @Test
    void twoSharesOfThreeThousandMebibytesAndThirtyPercentCompute(Workload workload) {
        workload.run(GpuPod.named("gpu-pod")
                .mode("hami-core")
                .container("ubuntu-container", "gpu", "2", "gpumem", "3000", "gpucores", "30"));

        assertThat(workload.nodeOf("gpu-pod")).isEqualTo(SharedCluster.CORE_NODE);
        var container = workload.node(SharedCluster.CORE_NODE)
                .containers(workload.namespace(), "gpu-pod")
                .getFirst();
        assertThat(container.environment())
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_0", "3000m")
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_1", "3000m")
                .containsEntry("CUDA_DEVICE_SM_LIMIT", "30");
        assertThat(container.mounts())
                .anySatisfy(mount -> assertThat(mount.containerPath()).isEqualTo("/etc/ld.so.preload"));
    }

    @Test
    void anUnpinnedPodRunsOnEitherKindOfGpu(Workload workload) {
        workload.run(GpuPod.named("gpu-pod").container("ubuntu-container", "gpu", "1", "gpumem", "8000"));

        assertThat(workload.devicesSeenBy("gpu-pod", "ubuntu-container")).hasSize(1);
    }

    @Test
    void aCountAloneIsAWholeGpu(Workload workload) {
        workload.run(GpuPod.named("gpu-pod").mode("mig").container("ubuntu-container", "gpu", "1"));

        assertThat(workload.instancesOf("gpu-pod")).singleElement().satisfies(instance -> assertThat(
                        instance.profile().gpuSlices())
                .isEqualTo(7));
    }

    @Test
    void memoryAloneGetsOneDevice(Workload workload) {
        var pod = workload.run(GpuPod.named("gpu-pod").mode("mig").container("ubuntu-container", "gpumem", "8000"));

        assertThat(pod.getSpec().getContainers().getFirst().getResources().getLimits())
                .containsKey("nvidia.com/gpu");
        assertThat(workload.devicesSeenBy("gpu-pod", "ubuntu-container")).hasSize(1);
    }
}
