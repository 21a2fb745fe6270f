package io.migpool.config;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The API server double on a fixed port, so that it can go down and come up again, with the ConfigMaps of a test. */
final class ApiServerDouble implements AutoCloseable {

    static final String NAMESPACE = "kube-system";

    private final ApiServer server;
    private final KubernetesClient client;

    ApiServerDouble(int port) {
        server = ApiServer.start(ApiServerOptions.defaults().withPort(port));
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                .build();
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
        server.close();
    }
}
