package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.Kubectl;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the pages, one after the other as a reader types them, against an API server with one node. */
class DocumentedCommandsTest {

    private static final String SYSTEM = "kube-system";

    /** What waits for a person or for a pod that runs. */
    private static final Pattern NOT_HERE = Pattern.compile(" (edit|rollout|logs|port-forward|exec) ");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"docs/install.md", "docs/operations.md", "docs/migration.md"})
    void succeed(String page) throws Exception {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            Kubectl kubectl = Kubectl.orSkip(api.kubeconfig(), directory);
            Files.createSymbolicLink(directory.resolve("manifests"), Repository.ROOT.resolve("manifests"));
            prepare(client);
            if (!page.endsWith("install.md")) {
                kubectl.run("apply", "-k", "manifests/config");
            }

            List<String> commands = commands(Repository.text(Repository.ROOT.resolve(page)));
            assertThat(commands).hasSizeGreaterThan(3);
            for (String command : commands) {
                if (command.startsWith("helm uninstall")) {
                    client.configMaps().inNamespace(SYSTEM).delete();
                } else {
                    kubectl.shell(command);
                }
            }
        }
    }

    private static void prepare(KubernetesClient client) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node-a")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("migpool-admission-tls")
                        .withNamespace(SYSTEM)
                        .endMetadata()
                        .build())
                .create();
    }

    private static List<String> commands(String page) {
        return Markdown.blocks(page).stream()
                .filter(block -> block.language().isEmpty())
                .flatMap(block -> block.text().lines())
                .map(String::strip)
                .filter(line -> line.startsWith("kubectl ") || line.startsWith("helm "))
                .filter(line -> !NOT_HERE.matcher(line).find())
                .map(line -> line.replace("NODE:", "Node:").replaceAll("\\bNODE\\b", "node-a"))
                .toList();
    }
}
