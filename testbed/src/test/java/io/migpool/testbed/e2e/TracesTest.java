package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.e2e.OtlpReceiver.Received;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The path of one pod through scheduler and node, as an OpenTelemetry receiver sees it. */
class TracesTest {

    private static final Duration LONGEST = Duration.ofMinutes(1);

    @Test
    void allThatIsDoneForAPodIsOneTraceWhoseIdIsItsUid() throws Exception {
        try (OtlpReceiver receiver = OtlpReceiver.start();
                EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                                List.of(NodeSpec.mig("traced-node", "NVIDIA A100-SXM4-80GB:1")),
                                SharedCluster.DEVICE_CONFIG,
                                "{\"nodeconfig\": [{\"name\": \"traced-node\", \"operatingmode\": \"mig\"}]}")
                        .withSettings(Map.of(
                                "otel.exporter.otlp.endpoint",
                                receiver.endpoint(),
                                "otel.bsp.schedule.delay",
                                "100")));
                Workload workload = Workload.inNewNamespace(cluster)) {
            Pod pod = workload.run(GpuPod.named("traced").container("main", "gpu", "1", "gpumem", "8000"));
            String trace = pod.getMetadata().getUid().replace("-", "");

            await("all spans have come").atMost(LONGEST).untilAsserted(() -> assertThat(receiver.spans())
                    .extracting(span -> span.service() + " " + span.name())
                    .contains(
                            "migpool-extender schedule",
                            "migpool-extender filter",
                            "migpool-extender bind",
                            "migpool-device-plugin prestart",
                            "migpool-device-plugin cut"));

            Received first = receiver.spans().stream()
                    .filter(span -> span.name().equals("schedule"))
                    .findFirst()
                    .orElseThrow();
            assertThat(first.parent()).isEmpty();
            assertThat(receiver.spans()).allSatisfy(span -> {
                assertThat(span.trace()).isEqualTo(trace);
                assertThat(span.attributes())
                        .containsEntry("k8s.pod.name", "traced")
                        .containsEntry("k8s.namespace.name", workload.namespace())
                        .containsEntry("k8s.pod.uid", pod.getMetadata().getUid());
                if (!span.equals(first)) {
                    assertThat(span.parent()).as(span.name()).isEqualTo(first.id());
                    assertThat(span.attributes()).containsEntry("k8s.node.name", "traced-node");
                }
            });
        }
    }
}
