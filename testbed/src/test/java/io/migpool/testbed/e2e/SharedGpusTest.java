package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** GPUs that pods share in software, including several for one pod. */
class SharedGpusTest {

    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final String NODE = "core-node";
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "core-node", "operatingmode": "hami-core"}]}
            """;

    /** Offset of the number of recently launched kernels in hami-core's version 1. */
    private static final int RECENT_KERNEL = 2_008_904;

    private static EmbeddedCluster cluster;
    private Workload workload;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = EmbeddedCluster.start(ClusterSpec.fast(
                        List.of(NodeSpec.shared(NODE, "NVIDIA A100-SXM4-80GB:4")),
                        SharedCluster.DEVICE_CONFIG,
                        NODE_CONFIG)
                .withSettings(Map.of("migpool.simulated.nvlinks", "0-2:4, 1-3:12")));
    }

    @AfterAll
    static void stopCluster() throws IOException {
        cluster.close();
    }

    @BeforeEach
    void newNamespace() {
        workload = Workload.inNewNamespace(cluster);
    }

    @AfterEach
    void clear() {
        workload.close();
    }

    @Test
    void twoGpusOfAPodAreThePairWithTheLinks() throws Exception {
        List<String> gpus = cluster.node(NODE).machine().snapshot().gpus().stream()
                .map(gpu -> gpu.description().uuid())
                .toList();
        await("the node tells its links").atMost(LONGEST).untilAsserted(() -> {
            LinkScores scores = LinkScores.decode(cluster.client()
                    .nodes()
                    .withName(NODE)
                    .get()
                    .getMetadata()
                    .getAnnotations()
                    .getOrDefault(Annotations.NODE_LINKS, ""));
            assertThat(scores.between(gpus.get(1), gpus.get(3))).isEqualTo(1210);
            assertThat(scores.between(gpus.get(2), gpus.get(0))).isEqualTo(410);
            assertThat(scores.between(gpus.get(0), gpus.get(1))).isEqualTo(10);
        });

        workload.run(pair("best"));
        workload.run(pair("next"));

        assertThat(workload.devicesSeenBy("best", "main")).containsExactlyInAnyOrder(gpus.get(1), gpus.get(3));
        assertThat(workload.devicesSeenBy("next", "main")).containsExactlyInAnyOrder(gpus.get(0), gpus.get(2));
    }

    @Test
    void whereTheLibraryIsMissingThePodIsToldWhatToInstallAndWhere() throws Exception {
        Path library = cluster.node(NODE).sharingLibrary();
        Files.delete(library);
        try {
            workload.create(GpuPod.named("unlimited").container("main", "gpu", "1", "gpumem", "3000"));

            await("an Event says so").atMost(LONGEST).untilAsserted(() -> assertThat(cluster.client()
                            .events()
                            .v1()
                            .events()
                            .inNamespace(workload.namespace())
                            .list()
                            .getItems())
                    .anySatisfy(event -> {
                        assertThat(event.getRegarding().getName()).isEqualTo("unlimited");
                        assertThat(event.getReason()).isEqualTo("SharingLibraryMissing");
                        assertThat(event.getNote()).contains(library.toString(), "install it there");
                    }));
        } finally {
            Files.writeString(library, "");
        }
    }

    @Test
    void whatAContainerSaysAboutItsShareIsShownAndItIsToldWhoseTurnItIs() throws Exception {
        workload.run(GpuPod.named("shared").container("main", "gpu", "1", "gpumem", "3000"));
        String gpu = workload.devicesSeenBy("shared", "main").getFirst();
        String uid = cluster.client()
                .pods()
                .inNamespace(workload.namespace())
                .withName("shared")
                .get()
                .getMetadata()
                .getUid();
        Path region = cluster.node(NODE)
                .sharingLibrary()
                .resolveSibling("containers/" + uid + "_main")
                .resolve("of-its-processes.cache");

        Files.write(region, waiting(gpu));

        await("nobody keeps it waiting").atMost(LONGEST).untilAsserted(() -> assertThat(
                        ByteBuffer.wrap(Files.readAllBytes(region))
                                .order(ByteOrder.nativeOrder())
                                .getInt(RECENT_KERNEL))
                .isZero());
        await("it has figures")
                .atMost(LONGEST)
                .untilAsserted(() -> assertThat(agentMetrics().lines()).anySatisfy(line -> assertThat(line)
                        .startsWith("hami_vgpu_memory_used_bytes{")
                        .contains("pod=\"shared\"", "device_uuid=\"" + gpu + "\"")
                        .endsWith(" 42.0")));
    }

    /** Returns a file of hami-core's version 1: one GPU, one process with 42 bytes, whose kernels wait. */
    private static byte[] waiting(String gpu) {
        ByteBuffer region = ByteBuffer.allocate(2_008_952).order(ByteOrder.nativeOrder());
        region.putInt(0, 19_920_718).putInt(4, 1).putLong(56, 1).put(64, gpu.getBytes(StandardCharsets.US_ASCII));
        region.putInt(1_856, 17).putLong(1_856 + 8 + 4 * Long.BYTES, 42);
        region.putInt(RECENT_KERNEL - 8, 1).putInt(RECENT_KERNEL, -1).putInt(RECENT_KERNEL + 4, 1);
        return region.array();
    }

    private static String agentMetrics() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(
                            "http://127.0.0.1:" + cluster.node(NODE).agent().port() + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(LONGEST)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    private static GpuPod pair(String name) {
        return GpuPod.named(name)
                .annotation("hami.io/gpu-scheduler-policy", "topology-aware")
                .container("main", "gpu", "2", "gpumem-percentage", "100");
    }
}
