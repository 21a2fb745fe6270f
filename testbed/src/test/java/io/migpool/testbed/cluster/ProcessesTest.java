package io.migpool.testbed.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.controlplane.ControlPlane;
import io.migpool.testbed.controlplane.StandIn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cluster around an API server in a separate process, behind TLS and RBAC: a stand-in, started like the real one.
 */
class ProcessesTest {

    private static final String NAMESPACE = "default";
    private static final String POD = "remote";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @Test
    void aPodIsAdmittedBoundAndStarted() throws Exception {
        Path assets = StandIn.install(directory, "etcd", "kube-apiserver");
        ClusterSpec spec = ClusterSpec.fast(
                List.of(NodeSpec.mig("node-a", "NVIDIA A100-SXM4-80GB:1")),
                "nvidia: {resourceCountName: nvidia.com/gpu}",
                "{\"nodeconfig\": [{\"name\": \"node-a\", \"operatingmode\": \"mig\"}]}");
        try (EmbeddedCluster cluster =
                EmbeddedCluster.start(spec, Map.of(ControlPlane.ASSETS_VARIABLE, assets.toString()))) {
            cluster.client().resource(pod()).create();

            await("the pod runs").atMost(Duration.ofMinutes(2)).until(() -> "Running"
                    .equals(cluster.client()
                            .pods()
                            .inNamespace(NAMESPACE)
                            .withName(POD)
                            .get()
                            .getStatus()
                            .getPhase()));

            assertThat(cluster.controlPlane()).startsWith("kube-apiserver");
            assertThat(cluster.apiServerDouble()).isEmpty();
            assertThat(cluster.node("node-a").devicesSeenBy(NAMESPACE, POD, "main"))
                    .hasSize(1);
        }
    }

    private static Pod pod() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(POD)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("ubuntu:22.04")
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity("1"))
                .addToLimits("nvidia.com/gpumem", new Quantity("8000"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
