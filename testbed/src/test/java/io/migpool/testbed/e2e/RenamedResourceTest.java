package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.docs.Kustomization;
import io.migpool.testbed.docs.Repository;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The resource names of another distribution of HAMi, in a cluster configured with them. */
class RenamedResourceTest {

    private static final String DEVICE_CONFIG = """
            nvidia:
              resourceCountName: nvidia.com/gpualloc
              knownMigGeometries:
                - models: ["A100-SXM4-80GB", "A100-80GB-PCIe", "A100-PCIE-80GB"]
                  allowedGeometries:
                    -
                      - name: 1g.10gb
                        memory: 10240
                        count: 7
                    -
                      - name: 2g.20gb
                        memory: 20480
                        count: 3
                      - name: 1g.10gb
                        memory: 10240
                        count: 1
                    -
                      - name: 3g.40gb
                        memory: 40960
                        count: 2
                    -
                      - name: 7g.79gb
                        memory: 80896
                        count: 1
            """;
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "MIG-NODE-A", "operatingmode": "mig", "migstrategy": "mixed",
                             "filterdevices": {"uuid": [], "index": []}}]}
            """;

    /** Until its application runs, the webhook sees what the manifests say, and the scheduler reads only those. */
    @Test
    void theExampleOfTheDocumentRunsAndSoDoesAWholeGpu() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.mig("mig-node-a", "NVIDIA A100-SXM4-80GB:2")), DEVICE_CONFIG, NODE_CONFIG)
                .withCountResource("nvidia.com/gpualloc");
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec, System.getenv(), RenamedResourceTest::install);
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.run(GpuPod.named("gpu-pod")
                    .mode("mig")
                    .container("ubuntu-container", "gpualloc", "1", "gpumem", "8000"));
            workload.run(GpuPod.named("whole").container("main", "gpualloc", "1"));

            assertThat(workload.devicesSeenBy("gpu-pod", "ubuntu-container")).hasSize(1);
            assertThat(workload.instancesOf("gpu-pod").getFirst().profile()).hasToString("1g.10gb");
            assertThat(workload.instancesOf("whole").getFirst().profile()).hasToString("7g.80gb");
        }
    }

    private static void install(String kubeconfig, KubernetesClient client) {
        Kustomization.render(Repository.ROOT.resolve("manifests/overlays/renamed-resources"))
                .forEach(object -> client.resource(object.toString()).create());
    }
}
