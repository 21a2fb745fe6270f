package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
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
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Installing, upgrading and removing, with the kubectl of this machine. */
class KubectlApplyTest {

    private static final Path MANIFESTS = Repository.ROOT.resolve("manifests");
    private static final String CONFIG = MANIFESTS.resolve("config").toString();
    private static final String SYSTEM = "kube-system";

    private final ApiServer api = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(api.kubeconfig()))
            .build();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Kubectl kubectl;

    @BeforeEach
    void findKubectl() throws Exception {
        kubectl = Kubectl.orSkip(api.kubeconfig(), directory);
    }

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    static List<Path> kustomizations() throws IOException {
        try (Stream<Path> overlays = Files.list(MANIFESTS.resolve("overlays"))) {
            return Stream.concat(overlays, Stream.of(MANIFESTS.resolve("config")))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("kustomizations")
    void isRenderedAsTheOtherTestsRenderIt(Path kustomization) throws Exception {
        String rendered = kubectl.run("kustomize", kustomization.toString());

        Map<String, JsonNode> expected = byId(Kustomization.documents(rendered));
        Map<String, JsonNode> ours = byId(Kustomization.render(kustomization));
        assertThat(ours.keySet()).isEqualTo(expected.keySet());
        assertThat(ours).allSatisfy((id, object) -> assertThat(object).isEqualTo(expected.get(id)));
    }

    @ParameterizedTest
    @MethodSource("kustomizations")
    void isAppliedOnceAndThenUnchanged(Path kustomization) throws Exception {
        int objects = Kustomization.render(kustomization).size();

        assertThat(kubectl.run("apply", "-k", kustomization.toString()).lines())
                .hasSize(objects)
                .allMatch(line -> line.endsWith(" created"));
        assertThat(kubectl.run("apply", "-k", kustomization.toString()).lines())
                .hasSize(objects)
                // kubectl always sends the selector of a budget.
                .filteredOn(line -> !line.startsWith("poddisruptionbudget"))
                .allMatch(line -> line.endsWith(" unchanged"));
    }

    @Test
    void anUpgradeKeepsWhatTheUserEdited() throws Exception {
        kubectl.run("create", "-k", CONFIG);
        kubectl.run("apply", "-k", overlay("default"));
        String edited = "{\"nodeconfig\": [{\"name\": \"mig-node-a\", \"operatingmode\": \"mig\"}]}";
        client.configMaps().inNamespace(SYSTEM).withName("hami-device-plugin").edit(map -> new ConfigMapBuilder(map)
                .addToData("config.json", edited)
                .build());

        kubectl.run("apply", "-k", overlay("ha"));

        assertThat(nodeConfig()).isEqualTo(edited);
    }

    @Test
    void whoHasAConfigurationAlreadyKeepsIt() throws Exception {
        String ofHami = "{\"nodeconfig\": []}";
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("hami-device-plugin")
                        .withNamespace(SYSTEM)
                        .endMetadata()
                        .withData(Map.of("config.json", ofHami))
                        .build())
                .create();

        assertThat(kubectl.fail("create", "-k", CONFIG))
                .contains("hami-device-plugin")
                .contains("already exists");

        assertThat(nodeConfig()).isEqualTo(ofHami);
        assertThat(client.configMaps()
                        .inNamespace(SYSTEM)
                        .withName("hami-scheduler-device")
                        .get())
                .as("what was missing")
                .isNotNull();
    }

    @Test
    void removingLeavesTheConfiguration() throws Exception {
        kubectl.run("create", "-k", CONFIG);
        kubectl.run("apply", "-k", overlay("default"));

        kubectl.run("delete", "-k", overlay("default"), "--wait=false");

        assertThat(client.apps().deployments().inNamespace(SYSTEM).list().getItems())
                .isEmpty();
        assertThat(nodeConfig()).contains("nodeconfig");
    }

    private @Nullable String nodeConfig() {
        return client.configMaps()
                .inNamespace(SYSTEM)
                .withName("hami-device-plugin")
                .get()
                .getData()
                .get("config.json");
    }

    private static String overlay(String name) {
        return MANIFESTS.resolve("overlays").resolve(name).toString();
    }

    private static Map<String, JsonNode> byId(List<? extends JsonNode> objects) {
        Map<String, JsonNode> byId = new TreeMap<>();
        objects.forEach(object -> byId.put(Kustomization.id(object), inOrder(object)));
        return byId;
    }

    /** With volumes and the like in the order of their content: kustomize puts what a patch adds before the rest. */
    private static JsonNode inOrder(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode ordered = object.objectNode();
            new TreeMap<>(object.properties().stream()
                            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
                    .forEach((name, value) -> ordered.set(name, inOrder(value)));
            return ordered;
        }
        if (node instanceof ArrayNode array) {
            return array.arrayNode()
                    .addAll(StreamSupport.stream(array.spliterator(), false)
                            .map(KubectlApplyTest::inOrder)
                            .sorted(Comparator.comparing(JsonNode::toString))
                            .toList());
        }
        return node;
    }
}
