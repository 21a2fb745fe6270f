package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.Kubectl;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.docs.Repository;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The procedures of HAMi's documentation, starting from a pool without configuration. */
class ProceduresTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String NODE = "mig-node-a";

    private static final String MODE_OF_THE_NODE = """
            data:
              config.json: |
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

    /** The folded text of the documents; used for a board that changes its mode without a reset. */
    private static final Path GEOMETRIES =
            Repository.ROOT.resolve("mp-config/src/test/resources/documents/geometries-folded-configmap.yaml");

    @TempDir
    private Path directory;

    @Test
    void aNodeIsConfiguredCutAndWatchedWithoutARestart() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                List.of(NodeSpec.shared(NODE, "NVIDIA H100 80GB HBM3:1")), "nvidia: {}", "{\"nodeconfig\": []}"))) {
            Kubectl kubectl = Kubectl.orSkip(cluster.kubeconfig(), directory);
            Workload workload = Workload.inNewNamespace(cluster);
            cluster.client()
                    .configMaps()
                    .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                    .delete();
            workload.run(pod("shared", "gpu", "1", "gpumem", "3000"));
            assertThat(workload.instancesOf("shared")).isEmpty();
            workload.delete("shared");
            kubectl.run(
                    "create", "-k", Repository.ROOT.resolve("manifests/config").toString());

            edit(kubectl, EmbeddedCluster.NODE_CONFIG_MAP, MODE_OF_THE_NODE);
            workload.run(pinned("by-size", "gpu", "1", "gpumem", "8000"));
            assertThat(profileOf(workload, "by-size")).isEqualTo("1g.10gb");
            workload.delete("by-size");

            String geometries = Repository.text(GEOMETRIES).replace("A100-SXM4-80GB", "H100-SXM5-80GB");
            edit(kubectl, EmbeddedCluster.DEVICE_CONFIG_MAP, geometries.substring(geometries.indexOf("data:")));
            await("the geometries, which have no 4g.40gb, to hold").atMost(SOON).untilAsserted(() -> {
                workload.run(pinned("by-geometry", "gpu", "1", "gpumem", "8000", "gpucores", "50"));
                String profile = profileOf(workload, "by-geometry");
                if (!profile.equals("7g.80gb")) {
                    workload.delete("by-geometry");
                }
                assertThat(profile).isEqualTo("7g.80gb");
            });

            await("the instance in the metrics").atMost(SOON).untilAsserted(() -> assertThat(metrics(cluster))
                    .containsPattern(
                            "hami_node_gpu_mig_instance_info\\{[^}]*node=\"" + NODE + "\"[^}]*profile=\"7g.80gb\""));
        }
    }

    private static GpuPod pinned(String name, String... resources) {
        return pod(name, resources).mode("mig");
    }

    private static GpuPod pod(String name, String... resources) {
        return GpuPod.named(name).container("ubuntu-container", resources);
    }

    /** Replaces the data in the editor that kubectl opens. */
    private void edit(Kubectl kubectl, String map, String data) throws Exception {
        Files.writeString(directory.resolve("data"), data);
        Files.writeString(
                directory.resolve("editor"), "sed -i '/^data:/,/^kind:/{/^kind:/!d}' \"$1\" && cat data >> \"$1\"");
        kubectl.shell("KUBE_EDITOR='sh editor' kubectl -n kube-system edit configmap " + map);
    }

    private static String profileOf(Workload workload, String pod) {
        return workload.instancesOf(pod).getFirst().profile().toString();
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
