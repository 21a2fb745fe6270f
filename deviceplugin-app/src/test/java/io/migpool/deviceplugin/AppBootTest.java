package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.helidon.config.mp.MpConfigSources;
import io.helidon.microprofile.server.Server;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.kubelet.FakeKubelet;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application as it is shipped: container of beans, configuration, health and metrics. */
class AppBootTest {

    private static final String NODE = "node-a";

    @TempDir
    Path directory;

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void itBecomesReadyWithKubeletAndTheApiServerAndShowsItsFigures() throws Exception {
        var _ = client.nodes()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .endMetadata()
                        .build())
                .create();
        Server agent =
                boot(Map.of("node-config.nodeconfig.0.name", NODE, "node-config.nodeconfig.0.operatingmode", "mig"));
        try {
            assertThat(get(agent, "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(agent, "/health/started").statusCode()).isEqualTo(200);
            assertThat(get(agent, "/health/ready").statusCode()).isEqualTo(503);
            try (FakeKubelet kubelet = new FakeKubelet(directory.resolve("dp"))) {
                await().until(() -> get(agent, "/health/ready").statusCode() == 200);
                assertThat(kubelet.devices()).hasSize(7);
            }
            assertThat(NodeRegistration.decode(annotation(Annotations.NODE_REGISTER)))
                    .singleElement()
                    .satisfies(gpu -> assertThat(gpu.mode()).isEqualTo(GpuMode.MIG));
            assertThat(get(agent, "/metrics").body())
                    .contains("migpool_instances{")
                    .contains("state=\"active\"")
                    .contains("migpool_kubelet_registrations_total{")
                    .contains("migpool_gpu_queue{")
                    .contains("migpool_drift{")
                    .contains("hami_host_gpu_memory_used_bytes{")
                    .contains("HostGPUMemoryUsage{");
        } finally {
            agent.stop();
        }
        assertThat(annotation(Annotations.NODE_STATE)).isEqualTo("stopping");
    }

    @Test
    void withoutApiServerAndKubeletItIsAliveAndNotReady() throws Exception {
        server.close();
        Server agent = boot(Map.of());
        try {
            assertThat(get(agent, "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(agent, "/health/ready").statusCode()).isEqualTo(503);
        } finally {
            agent.stop();
        }
    }

    @Test
    void whereADriverIsAMustItDoesNotStartWithoutOne() {
        Map<String, String> settings = Map.of(
                "migpool.gpu.driver", "nvml",
                "migpool.nvml.driver-root", directory.resolve("nothing").toString(),
                "migpool.gpu.fail-without-driver", "true");

        assertThatThrownBy(() -> boot(settings))
                .rootCause()
                .hasMessageContaining("migpool.gpu.fail-without-driver=false");
    }

    private String annotation(String key) {
        return Optional.ofNullable(
                        client.nodes().withName(NODE).get().getMetadata().getAnnotations())
                .map(annotations -> annotations.get(key))
                .orElse("");
    }

    private Server boot(Map<String, String> more) throws IOException {
        Files.createDirectories(directory.resolve("dp"));
        Map<String, String> settings = new TreeMap<>(more);
        settings.put("config_ordinal", "1000");
        settings.put("server.port", "0");
        settings.put("server.host", "127.0.0.1");
        settings.put("mp.initializer.allow", "true");
        settings.put("migpool.config.source", "none");
        settings.put("migpool.kubernetes.kubeconfig", kubeconfig().toString());
        settings.put("migpool.node.name", NODE);
        settings.put(
                "migpool.kubelet.device-plugin-dir", directory.resolve("dp").toString());
        settings.put(
                "migpool.kubelet.pod-resources-socket",
                directory.resolve("pr.sock").toString());
        settings.put(
                "migpool.pod-resources.socket",
                directory.resolve("run").resolve("pr.sock").toString());
        settings.put("migpool.cdi.directory", directory.resolve("cdi").toString());
        settings.put("migpool.state.directory", directory.resolve("state").toString());
        settings.put("migpool.hami-core.hook-path", directory.resolve("hook").toString());
        settings.putIfAbsent("migpool.gpu.driver", "simulated");
        settings.put("migpool.simulated.boards", "NVIDIA A100-SXM4-80GB");
        var config = ConfigProviderResolver.instance()
                .getBuilder()
                .addDefaultSources()
                .addDiscoveredSources()
                .addDiscoveredConverters()
                .withSources(MpConfigSources.create(settings))
                .build();
        return Server.builder().config(config).build().start();
    }

    private Path kubeconfig() throws IOException {
        return Files.writeString(directory.resolve("kubeconfig"), server.kubeconfig());
    }

    private static HttpResponse<String> get(Server agent, String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + agent.port() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
