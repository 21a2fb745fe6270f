package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Impossible requests are refused with the field, the value and the remedy. */
@ExtendWith(SharedCluster.class)
class RefusalTest {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "gpumem-percentage, 140, 1 to 100",
        "gpu, 0, ask for 1 or more",
        "gpumem, -1, ask for 1 or more MiB",
    })
    void aMalformedSizeIsRefusedAtCreation(String resource, String value, String remedy, Workload workload) {
        GpuPod pod = resource.equals("gpu")
                ? GpuPod.named("bad").container("main", "gpu", value)
                : GpuPod.named("bad").container("main", "gpu", "1", resource, value);

        assertThatThrownBy(() -> workload.create(pod))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("nvidia.com/" + resource)
                .hasMessageContaining(value)
                .hasMessageContaining(remedy);
    }

    @Test
    void morePerDeviceThanAnyGpuHasStaysPendingWithTheLargestNamed(Workload workload) {
        workload.create(GpuPod.named("huge").container("main", "gpu", "1", "gpumem", "200000"));

        assertThat(workload.awaitRefusal("huge")).contains("200000 MiB").contains("81920");
    }

    @Test
    void morePerNodeThanAnyHasStaysPending(Workload workload) {
        workload.create(GpuPod.named("many").mode("mig").container("main", "gpu", "20", "gpumem", "8000"));

        assertThat(workload.awaitRefusal("many")).contains("0/3 nodes are available");
    }

    @Test
    void aPodWithoutGpuIsLeftAlone(Workload workload) {
        var created = workload.create(GpuPod.named("plain").container("main"));

        assertThat(created.getSpec().getSchedulerName()).isEqualTo("default-scheduler");
    }
}
