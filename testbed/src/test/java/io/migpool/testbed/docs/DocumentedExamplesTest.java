package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.config.DeviceSettings;
import io.migpool.config.InvalidSettingsException;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.request.GpuRequestParser;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.deviceplugin.geometry.MigSpecException;
import io.migpool.deviceplugin.geometry.MigSpecReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every YAML and JSON example goes through the code that reads it in a cluster. */
class DocumentedExamplesTest {

    private static final String MIG_RESOURCE = "nvidia.com/mig-";
    private static final ObjectMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> DEVICE_SECTIONS = Set.of("nvidia", "knownMigGeometries", "migProfileAllowlist");

    /** An example and where it stands. */
    record Example(Path file, Markdown.Block block) {
        @Override
        public String toString() {
            return "%s line %d".formatted(Repository.ROOT.relativize(file), block.line());
        }
    }

    static Stream<Example> yaml() {
        return examples("yaml");
    }

    static Stream<Example> json() {
        return examples("json");
    }

    private static Stream<Example> examples(String language) {
        return Repository.documents().stream().flatMap(file -> Markdown.blocks(Repository.text(file)).stream()
                .filter(block -> block.language().equals(language))
                .map(block -> new Example(file, block)));
    }

    @ParameterizedTest
    @MethodSource("yaml")
    void yamlIsUnderstood(Example example) throws Exception {
        for (String document : example.block().text().split("(?m)^---\\s*$", -1)) {
            JsonNode tree = YAML.readTree(document);
            if (tree.path("kind").asText().equals("Kustomization")) {
                assertNamesWhatIsThere(tree);
            } else if (tree.has("kind")) {
                assertThat(tree.path("apiVersion").asText()).as("apiVersion").isNotEmpty();
                understand(Serialization.unmarshal(document, HasMetadata.class));
            } else if (DEVICE_SECTIONS.stream().anyMatch(tree::has)) {
                DeviceSettings.parse(document);
            } else {
                assertThat(tree.isContainerNode()).as("more than a word").isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("json")
    void jsonIsUnderstood(Example example) throws Exception {
        JsonNode tree = JSON.readTree(example.block().text());
        assertThat(tree.isContainerNode()).isTrue();
        if (tree.has("nodeconfig")) {
            NodeSettings.parse(example.block().text());
        }
    }

    /** As if it stood in a directory beside {@code manifests}. */
    private static void assertNamesWhatIsThere(JsonNode kustomization) {
        Path directory = Repository.ROOT.resolve("docs");
        assertThat(kustomization.path("resources")).isNotEmpty();
        for (String list : List.of("resources", "components")) {
            assertThat(kustomization.path(list)).allSatisfy(path -> assertThat(directory.resolve(path.asText()))
                    .isDirectory());
        }
        Set<String> images = new TreeSet<>();
        Kustomization.render(Repository.ROOT.resolve("manifests/overlays/default"))
                .forEach(object ->
                        object.findValuesAsText("image").forEach(image -> images.add(image.split(":", 2)[0])));
        assertThat(kustomization.path("images")).allSatisfy(image -> assertThat(images)
                .contains(image.path("name").asText()));
    }

    private static void understand(HasMetadata object) throws InvalidSettingsException, MigSpecException, IOException {
        switch (object) {
            case Pod pod -> assertAccepted(pod);
            case Deployment deployment -> assertAccepted(deployment.getSpec().getTemplate());
            case Job job -> assertAccepted(job.getSpec().getTemplate());
            case ConfigMap map -> {
                for (Map.Entry<String, String> entry : map.getData().entrySet()) {
                    understand(entry.getKey(), entry.getValue());
                }
            }
            default ->
                assertThat(object).as("a kind that Kubernetes has").isNotInstanceOf(GenericKubernetesResource.class);
        }
    }

    private static void understand(String key, String document)
            throws InvalidSettingsException, MigSpecException, IOException {
        switch (key) {
            case "device-config.yaml" -> DeviceSettings.parse(document);
            case "config.json" -> NodeSettings.parse(document);
            case "config.yaml" -> MigSpecReader.read("config.yaml", document);
            case "clients.yaml" ->
                assertThat(YAML.readTree(document).path("systemd-services"))
                        .isNotEmpty()
                        .allSatisfy(service -> assertThat(service.asText()).endsWith(".service"));
            default ->
                assertThat(new TreeSet<>(Set.of("device-config.yaml", "config.json", "config.yaml", "clients.yaml")))
                        .as("keys that are read")
                        .contains(key);
        }
    }

    private static void assertAccepted(PodTemplateSpec template) {
        assertAccepted(new PodBuilder().withSpec(template.getSpec()).build());
    }

    /** A pod asks the pool, or for a MIG device by its profile. */
    private static void assertAccepted(Pod pod) {
        List<String> profiles = pod.getSpec().getContainers().stream()
                .flatMap(container -> container.getResources().getLimits().keySet().stream())
                .filter(name -> name.startsWith(MIG_RESOURCE))
                .map(name -> name.substring(MIG_RESOURCE.length()))
                .toList();
        if (!profiles.isEmpty()) {
            assertThat(profiles)
                    .allSatisfy(profile -> assertThat(MigProfile.parse(profile).resourceSuffix())
                            .isEqualTo(profile));
            return;
        }
        assertThat(new GpuRequestParser(ResourceNames.DEFAULT, RequestDefaults.NONE).parse(pod))
                .isInstanceOf(RequestOutcome.Accepted.class);
    }
}
