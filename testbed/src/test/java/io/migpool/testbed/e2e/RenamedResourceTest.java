package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
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

    @Test
    void theExampleOfTheDocumentRuns() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.mig("mig-node-a", "NVIDIA A100-SXM4-80GB:1")), DEVICE_CONFIG, NODE_CONFIG)
                .withCountResource("nvidia.com/gpualloc");
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.run(GpuPod.named("gpu-pod")
                    .mode("mig")
                    .container("ubuntu-container", "gpualloc", "1", "gpumem", "8000"));

            assertThat(workload.devicesSeenBy("gpu-pod", "ubuntu-container")).hasSize(1);
            assertThat(workload.instancesOf("gpu-pod").getFirst().profile()).hasToString("1g.10gb");
        }
    }
}
