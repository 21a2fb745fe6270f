package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.Kubectl;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The commands of the pages, run in order as a reader types them, against an API server with one node, which has the
 * labels of the GPU Operator.
 */
class DocumentedCommandsTest {

    private static final String SYSTEM = "kube-system";

    /** What needs a pod that runs: the webhook, for one that asks for a GPU. */
    private static final Pattern NOT_HERE = Pattern.compile(" (rollout|logs|port-forward|exec|lease) | -f pod\\.yaml");

    /** Stand for names that the reader knows. */
    private static final Pattern PLACEHOLDER = Pattern.compile("\\b(NODE|NAME|gpu-node-1)\\b");

    private static final String NAME = "node-a";

    /** Code in running text with fewer words only mentions a command. */
    private static final int WORDS_OF_A_COMMAND = 5;

    /** They create the configuration themselves. */
    private static final Set<String> INSTALLING = Set.of("README.md", "docs/install.md");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "docs/install.md",
                "docs/configuration.md",
                "docs/requests.md",
                "docs/mig-manager.md",
                "docs/operations.md",
                "docs/observing.md",
                "docs/migration.md",
                "docs/troubleshooting.md"
            })
    void succeed(String page) throws Exception {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            Kubectl kubectl = Kubectl.orSkip(api.kubeconfig(), directory);
            makeKustomization(ownKustomization());
            prepare(client);
            String text = Repository.text(Repository.ROOT.resolve(page));
            if (!INSTALLING.contains(page)) {
                kubectl.run("apply", "-k", "manifests/config");
            }

            List<String> commands = commands(text);
            assertThat(commands).isNotEmpty();
            for (String command : commands) {
                if (command.startsWith("helm uninstall")) {
                    client.configMaps().inNamespace(SYSTEM).delete();
                } else if (!command.startsWith("helm ")) {
                    String printed = kubectl.shell(command);
                    if (command.contains("custom-columns=")) {
                        assertThat(printed).as(command).doesNotContain("<none>");
                    }
                }
            }
        }
    }

    @Test
    void theOnesOnMigrationFindGpuPodsThatNoWebhookSaw() throws Exception {
        String command = commands(Repository.text(Repository.ROOT.resolve("docs/migration.md"))).stream()
                .filter(line -> line.contains("spec.schedulerName"))
                .findFirst()
                .orElseThrow();
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            Kubectl kubectl = Kubectl.orSkip(api.kubeconfig(), directory);
            create(client, "unseen", "default-scheduler", Map.of("nvidia.com/gpu", new Quantity("1")));
            create(client, "seen", "hami-scheduler", Map.of("nvidia.com/gpu", new Quantity("1")));
            create(client, "other", "default-scheduler", Map.of("cpu", new Quantity("1")));

            assertThat(kubectl.shell(command).lines())
                    .singleElement()
                    .asString()
                    .matches("default +unseen +.*nvidia.com/gpu.*");
        }
    }

    @Test
    void thePatchesForARegistryAndForTaintsFindTheirTargets() throws Exception {
        Kubectl kubectl = Kubectl.orSkip("", directory);
        String patches = yaml("docs/install.md")
                .filter(text -> text.startsWith("patches:"))
                .findFirst()
                .orElseThrow();

        makeKustomization(ownKustomization() + patches);

        assertThat(kubectl.run("kustomize", "my")).contains("- key: dedicated").satisfies(rendered -> assertThat(
                        rendered.split("- name: my-registry", -1))
                .as("around the pull Secret of each account")
                .hasSize(4));
    }

    private void makeKustomization(String text) throws IOException {
        Files.createSymbolicLink(directory.resolve("manifests"), Repository.ROOT.resolve("manifests"));
        Files.writeString(Files.createDirectory(directory.resolve("my")).resolve("kustomization.yaml"), text);
    }

    private static void create(KubernetesClient client, String name, String scheduler, Map<String, Quantity> limits) {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("default")
                        .endMetadata()
                        .withNewSpec()
                        .withSchedulerName(scheduler)
                        .addNewContainer()
                        .withName("main")
                        .withImage("ubuntu:22.04")
                        .withNewResources()
                        .withLimits(limits)
                        .endResources()
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    /** Returns the kustomization from the installation page, which all pages use. */
    private static String ownKustomization() {
        return yaml("docs/install.md")
                .filter(text -> text.contains("kind: Kustomization"))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<String> yaml(String page) {
        return Markdown.blocks(Repository.text(Repository.ROOT.resolve(page))).stream()
                .filter(block -> block.language().equals("yaml"))
                .map(Markdown.Block::text);
    }

    private static void prepare(KubernetesClient client) {
        Node node = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .addToLabels("nvidia.com/gpu.deploy.device-plugin", "true")
                        .addToLabels("nvidia.com/gpu.deploy.mig-manager", "true")
                        .endMetadata()
                        .build())
                .create();
        client.resource(node.edit()
                        .withNewStatus()
                        .addToAllocatable("nvidia.com/gpu", new Quantity("10"))
                        .endStatus()
                        .build())
                .updateStatus();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("team-a")
                        .endMetadata()
                        .build())
                .create();
        create(client, NAME, "default-scheduler", Map.of());
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("migpool-admission-tls")
                        .withNamespace(SYSTEM)
                        .endMetadata()
                        .build())
                .create();
    }

    /** The command of a line with a prompt, where output follows; else the line. */
    private static List<String> commands(String page) {
        Stream<Markdown.Block> typed = Markdown.blocks(page).stream()
                .filter(block -> block.language().isEmpty() || block.language().equals("console"));
        Stream<Markdown.Block> named =
                Markdown.code(page).stream().filter(code -> code.text().split(" ", -1).length >= WORDS_OF_A_COMMAND);
        return Stream.concat(typed, named)
                .sorted(Comparator.comparingInt(Markdown.Block::line))
                .flatMap(block -> block.text().lines())
                .map(String::strip)
                .map(line -> line.startsWith("$ ") ? line.substring(2) : line)
                .filter(line -> line.startsWith("kubectl ") || line.startsWith("helm "))
                .filter(line -> !line.contains("\u25b6"))
                .filter(line -> !NOT_HERE.matcher(line).find())
                .map(line -> PLACEHOLDER.matcher(line.replace("NODE:", "Node:")).replaceAll(NAME))
                .toList();
    }
}
