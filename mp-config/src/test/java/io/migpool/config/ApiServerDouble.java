package io.migpool.config;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** fabric8's API server double on a fixed port, so that it can be down and come up later. */
final class ApiServerDouble implements AutoCloseable {

    static final String NAMESPACE = "kube-system";

    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(Serialization.jsonMapper()),
            new MockWebServer(),
            new HashMap<>(),
            new KubernetesCrudDispatcher(),
            false);
    private final NamespacedKubernetesClient client;

    ApiServerDouble(int port) {
        server.init(InetAddress.getLoopbackAddress(), port);
        client = server.createClient();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static Path kubeconfig(Path directory, int port) throws IOException {
        return Files.writeString(directory.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters:
                - {name: test, cluster: {server: "http://127.0.0.1:%d"}}
                users:
                - {name: test, user: {}}
                contexts:
                - {name: test, context: {cluster: test, user: test}}
                """.formatted(port));
    }

    void apply(String name, Map<String, String> data) {
        var configMap = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .withData(data)
                .build();
        var resource = client.configMaps().inNamespace(NAMESPACE).resource(configMap);
        if (resource.get() == null) {
            resource.create();
        } else {
            resource.update();
        }
    }

    void delete(String name) {
        client.configMaps().inNamespace(NAMESPACE).withName(name).delete();
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }
}
