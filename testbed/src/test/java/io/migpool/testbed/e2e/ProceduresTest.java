package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The procedures of HAMi's documentation, starting from a pool without configuration. */
class ProceduresTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String NODE = "mig-node-a";

    private static final String MODE_OF_THE_NODE = """
            {
                "nodeconfig": [
                    {
                        "name": "MIG-NODE-A",
                        "operatingmode": "mig",
                        "migstrategy":"mixed",
                        "filterdevices": {
                          "uuid": [],
                          "index": []
                        }
                    }
                ]
            }
            """;

    private static final String GEOMETRIES = """
            knownMigGeometries:
            - models: [ "H100-PCIE-80GB", "H100-SXM5-80GB" ]
              allowedGeometries:
                -
                  - name: 3g.40gb
                    memory: 40960
                    count: 2
                -
                  - name: 7g.80gb
                    memory: 81920
                    count: 1
            """;

    @Test
    void aNodeIsConfiguredCutAndWatchedWithoutARestart() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                List.of(NodeSpec.shared(NODE, "NVIDIA H100 80GB HBM3:1")), "nvidia: {}", "{\"nodeconfig\": []}"))) {
            Workload workload = Workload.inNewNamespace(cluster);
            cluster.client()
                    .configMaps()
                    .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                    .delete();
            workload.run(GpuPod.named("shared").container("main", "gpu", "1", "gpumem", "3000"));
            assertThat(workload.instancesOf("shared")).isEmpty();
            workload.delete("shared");

            create(cluster, EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, MODE_OF_THE_NODE);
            workload.run(pod("by-size"));
            assertThat(profileOf(workload, "by-size")).isEqualTo("1g.10gb");
            workload.delete("by-size");

            create(cluster, EmbeddedCluster.DEVICE_CONFIG_MAP, EmbeddedCluster.DEVICE_CONFIG_KEY, GEOMETRIES);
            await("the geometries to hold").atMost(SOON).untilAsserted(() -> {
                workload.run(pod("by-geometry"));
                String profile = profileOf(workload, "by-geometry");
                if (!profile.equals("3g.40gb")) {
                    workload.delete("by-geometry");
                }
                assertThat(profile).isEqualTo("3g.40gb");
            });

            await("the instance in the metrics").atMost(SOON).untilAsserted(() -> assertThat(metrics(cluster))
                    .containsPattern(
                            "hami_node_gpu_mig_instance_info\\{[^}]*node=\"" + NODE + "\"[^}]*profile=\"3g.40gb\""));
        }
    }

    private static GpuPod pod(String name) {
        return GpuPod.named(name).mode("mig").container("ubuntu-container", "gpu", "1", "gpumem", "8000");
    }

    private static String profileOf(Workload workload, String pod) {
        return workload.instancesOf(pod).getFirst().profile().toString();
    }

    private static void create(EmbeddedCluster cluster, String map, String key, String document) {
        cluster.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(map)
                        .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                        .endMetadata()
                        .withData(Map.of(key, document))
                        .build())
                .create();
    }

    /** Returns the metrics behind NodePort 31993. */
    private static String metrics(EmbeddedCluster cluster) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + cluster.extender().port("admin") + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(SOON)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
