package io.migpool.testbed.bench.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppImage;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.DeliveredApp;
import io.migpool.testbed.app.PackagedApp;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.EmbeddedNode;
import io.migpool.testbed.cluster.GpuPods;
import io.migpool.testbed.cluster.NodeSpec;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The applications as they are delivered; skipped where nothing is built. */
class DeliveredAppsTest {

    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final ClusterSpec CLUSTER = ClusterSpec.fast(
            List.of(NodeSpec.mig("node-a", "NVIDIA A100-SXM4-80GB:1")),
            "nvidia: {resourceCountName: nvidia.com/gpu, resourceMemoryName: nvidia.com/gpumem}",
            "{\"nodeconfig\": [{\"name\": \"node-a\", \"operatingmode\": \"mig\"}]}");

    @TempDir
    private Path directory;

    /** Starts them with {@code java -jar}, as in the README. */
    @ParameterizedTest
    @EnumSource(names = {"EXTENDER", "ADMISSION"})
    void jarsBecomeReady(AppKind kind) throws Exception {
        PackagedApp app = new PackagedApp(kind, REPOSITORY);
        assumeTrue(app.isPackaged(), () -> kind + " is not packaged; run mvn package before this test");

        becomesReady(app);
    }

    @Test
    void imagesLetPodsRunWithWhatTheirJvmsLearned() throws Exception {
        AppImage extenderImage = imageThatFits(AppKind.EXTENDER);
        AppImage admissionImage = imageThatFits(AppKind.ADMISSION);
        AppImage agentImage = imageThatFits(AppKind.DEVICE_PLUGIN);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(CLUSTER)) {
            EmbeddedNode node = cluster.node("node-a");
            node.stopAgent();
            try (AppProcess extender = cluster.startDelivered(extenderImage);
                    AppProcess admission = cluster.startDelivered(admissionImage);
                    AppProcess agent = node.startDeliveredAgent(agentImage, Map.of())) {
                for (AppProcess app : List.of(extender, admission, agent)) {
                    app.awaitReady();
                }
                GpuPods pods = new GpuPods(cluster.client());
                pods.create("pod", 8000);
                pods.awaitRunning("pod");
            }
        }
    }

    /** Its JVM fails if the cache does not match, instead of ignoring it. */
    private AppImage imageThatFits(AppKind kind) throws Exception {
        return image(kind).withOptions(List.of("-XX:AOTMode=on"));
    }

    /** The first option is as on another processor; with the others the JVM has to ignore its cache. */
    @ParameterizedTest
    @ValueSource(strings = {"-XX:UseSSE=2", "-XX:-UseCompressedOops", "--add-opens=java.base/java.lang=ALL-UNNAMED"})
    void imagesStartWhereverTheyRun(String option) throws Exception {
        becomesReady(image(AppKind.ADMISSION).withOptions(List.of(option)));
    }

    @Test
    void imagesStartWithHalfOfWhatTheirJvmLearned() throws Exception {
        AppImage image = image(AppKind.ADMISSION);
        try (FileChannel cache = FileChannel.open(image.cache().orElseThrow(), StandardOpenOption.WRITE)) {
            cache.truncate(cache.size() / 2);
        }

        becomesReady(image);
    }

    private AppImage image(AppKind kind) throws Exception {
        Optional<String> outdated = AppImage.outdated(kind, REPOSITORY);
        assumeTrue(outdated.isEmpty(), () -> outdated.orElse(""));
        return AppImage.unpack(kind, AppImage.tar(kind, REPOSITORY), directory.resolve(kind.name()));
    }

    private void becomesReady(DeliveredApp app) throws Exception {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults())) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            Map<String, String> settings = Map.of(
                    "migpool.kubernetes.kubeconfig",
                    kubeconfig.toString(),
                    "migpool.admission.tls.mode",
                    "self",
                    "server.host",
                    "127.0.0.1",
                    "server.port",
                    "0");

            try (AppProcess process = AppProcess.delivered(app, settings, "server.sockets.0.port", directory)) {
                assertThat(process.awaitReady()).isGreaterThan(Duration.ZERO);
            }
        }
    }
}
