package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The admission webhook is gone for a while. */
@ExtendWith(SharedCluster.class)
class WebhookDownTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @Test
    void gpuPodsAreRefusedMeanwhileAndNobodyElseIsAffected(Workload workload) throws Exception {
        workload.run(GpuPod.named("running").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
        List<String> devices = workload.devicesSeenBy("running", "main");
        workload.cluster().stopAdmission();
        try {
            assertThatThrownBy(() -> workload.create(
                            GpuPod.named("refused").mode("mig").container("main", "gpu", "1", "gpumem", "8000")))
                    .isInstanceOf(KubernetesClientException.class)
                    .hasMessageContaining("failed calling webhook")
                    .hasMessageContaining("migpool");
            workload.create(GpuPod.named("plain").container("main"));
            await("the pod without GPU runs").atMost(SOON).until(() -> "Running"
                    .equals(workload.pod("plain").getStatus().getPhase()));
            assertThat(workload.devicesSeenBy("running", "main")).isEqualTo(devices);
        } finally {
            workload.cluster().restartAdmission();
        }

        await("GPU pods are accepted again").atMost(SOON).ignoreExceptions().until(() -> {
            workload.create(GpuPod.named("accepted").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
            return true;
        });
        workload.awaitRunning("accepted");
    }
}
