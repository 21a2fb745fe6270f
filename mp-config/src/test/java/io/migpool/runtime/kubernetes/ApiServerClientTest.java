package io.migpool.runtime.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.helidon.config.mp.MpConfigSources;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an API server sees that can take no request at present. */
class ApiServerClientTest {

    @TempDir
    Path directory;

    private final List<Headers> requests = new CopyOnWriteArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestHeaders());
            exchange.sendResponseHeaders(HttpURLConnection.HTTP_UNAVAILABLE, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private KubernetesClient open() throws IOException {
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: test, user: {}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                """.formatted(
                        server.getAddress().getPort()));
        return configured(Map.of(ApiServerClient.KUBECONFIG, " " + kubeconfig)).open();
    }

    private static ApiServerClient configured(Map<String, String> settings) {
        return ApiServerClient.of(ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(MpConfigSources.create(settings))
                .build());
    }

    @Test
    void aRequestIsNotRetriedUnlessItsCallerAsksForIt() throws IOException {
        try (KubernetesClient client = open()) {
            assertThatThrownBy(() -> client.nodes().list()).isInstanceOf(KubernetesClientException.class);
            assertThat(requests).hasSize(1);

            KubernetesClient once = ApiServerClient.once(client, Duration.ofSeconds(5));
            assertThatThrownBy(() -> once.nodes().list()).isInstanceOf(KubernetesClientException.class);
            assertThat(requests).hasSize(2);

            KubernetesClient repeating = ApiServerClient.repeating(client, Duration.ofSeconds(5), 2);
            assertThatThrownBy(() -> repeating.nodes().list()).isInstanceOf(KubernetesClientException.class);
            assertThat(requests).hasSize(5);
        }
    }

    @Test
    void noUpgradeToHttp2IsTriedWithoutTls() throws IOException {
        try (KubernetesClient client = open()) {
            assertThatThrownBy(() -> client.nodes().list()).isInstanceOf(KubernetesClientException.class);
        }
        assertThat(requests).hasSize(1).allSatisfy(headers -> assertThat(headers)
                .doesNotContainKey("Upgrade"));
    }

    @Test
    void aKubeconfigThatCannotBeReadIsNamedWithTheRemedy() {
        ApiServerClient missing = configured(Map.of(ApiServerClient.KUBECONFIG, "/nowhere/kubeconfig"));
        assertThatThrownBy(missing::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "migpool.kubernetes.kubeconfig is '/nowhere/kubeconfig'; expected a kubeconfig file that");
    }

    @Test
    void aClusterIsKnownByTheFileOrByThePod() {
        assertThat(configured(Map.of()).isKnown()).isFalse();
        assertThat(configured(Map.of(ApiServerClient.KUBECONFIG, " ")).isKnown())
                .isFalse();
        assertThat(configured(Map.of(ApiServerClient.KUBECONFIG, "/a/file")).isKnown())
                .isTrue();
        assertThat(configured(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1")).isKnown())
                .isTrue();
    }
}
