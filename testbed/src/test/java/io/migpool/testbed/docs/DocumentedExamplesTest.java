package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.review.GpuKind;
import io.migpool.admission.review.Pool;
import io.migpool.admission.review.ReviewPolicy;
import io.migpool.config.DeviceSettings;
import io.migpool.config.InvalidSettingsException;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.GpuRequestParser;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every YAML and JSON example goes through the code that reads it in a cluster. */
class DocumentedExamplesTest {

    private static final String MIG_RESOURCE = "nvidia.com/mig-";
    private static final ObjectMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> KUSTOMIZATION = Set.of("resources", "components", "labels", "images");
    private static final Set<String> DEVICE_SECTIONS = Set.of("nvidia", "knownMigGeometries", "migProfileAllowlist");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

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
                assertRendered(tree, document);
            } else if (KUSTOMIZATION.containsAll(fields(tree))) {
                assertRendered(tree, "resources:\n  - ../manifests/base\n" + document);
            } else if (tree.has("env") || tree.has("containers")) {
                assertPartOfAPod((ObjectNode) tree);
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

    private static Set<String> fields(JsonNode tree) {
        return tree.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    }

    /** Stands in a directory beside {@code manifests}, and changes what is there. */
    private void assertRendered(JsonNode tree, String kustomization) throws IOException {
        Files.createSymbolicLink(directory.resolve("manifests"), Repository.ROOT.resolve("manifests"));
        Path own = Files.createDirectory(directory.resolve("my"));
        Files.writeString(own.resolve("kustomization.yaml"), kustomization);
        assertThat(Kustomization.render(own))
                .isNotEqualTo(Kustomization.render(Repository.ROOT.resolve("manifests/base")));
        Set<String> images = new TreeSet<>();
        Kustomization.render(Repository.ROOT.resolve("manifests/overlays/default"))
                .forEach(object ->
                        object.findValuesAsText("image").forEach(image -> images.add(image.split(":", 2)[0])));
        assertThat(tree.path("images")).allSatisfy(image -> assertThat(images)
                .contains(image.path("name").asText()));
    }

    /** An API server knows every field of a pod's spec, or of its container. */
    private static void assertPartOfAPod(ObjectNode part) {
        ObjectNode spec = part;
        if (part.has("env")) {
            spec = JSON.createObjectNode();
            spec.putArray("containers").add(part.put("name", "main"));
        }
        spec.path("containers").forEach(container -> ((ObjectNode) container).put("image", "any"));
        ObjectNode pod = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata").put("name", "example").put("namespace", "default");
        pod.set("spec", spec);
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            assertThat(client.resource(pod.toString())
                            .fieldValidation(FieldValidateable.Validation.STRICT)
                            .create())
                    .isNotNull();
        }
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

    private static void assertAccepted(PodTemplateSpec template) throws IOException {
        assertAccepted(new PodBuilder().withSpec(template.getSpec()).build());
    }

    /** A pod asks the pool, or for a MIG device by its profile. */
    private static void assertAccepted(Pod pod) throws IOException {
        assertAdmitted(pod);
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

    /** The webhook of a pool with GPUs of both kinds has nothing to say about it. */
    private static void assertAdmitted(Pod pod) throws IOException {
        ObjectNode review =
                JSON.createObjectNode().put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode request = review.putObject("request")
                .put("uid", "any")
                .put("operation", "CREATE")
                .put("namespace", "default");
        request.putObject("kind").put("group", "").put("version", "v1").put("kind", "Pod");
        request.set("object", JSON.readTree(Serialization.asJson(pod)));

        JsonNode response = JSON.readTree(new AdmissionReviewer(() -> Optional.of(policy()))
                        .review(JSON.writeValueAsBytes(review))
                        .body())
                .path("response");

        assertThat(response.path("allowed").asBoolean()).as("%s", response).isTrue();
        assertThat(response.path("warnings")).isEmpty();
    }

    private static ReviewPolicy policy() {
        GpuKind shared = new GpuKind(GpuMode.HAMI_CORE, 81_920, 100, BoardProfiles.NONE, Set.of());
        Set<ProfileCapability> profiles = Set.of(
                profile("1g.10gb", 9_728, 14, 1, 1, 0, 1, 2, 3, 4, 5, 6),
                profile("3g.40gb", 40_192, 42, 3, 4, 0, 4),
                profile("7g.80gb", 80_896, 100, 7, 8, 0));
        GpuKind mig = new GpuKind(GpuMode.MIG, 81_920, 100, new BoardProfiles(profiles), profiles);
        ReviewPolicy usual = ReviewPolicy.DEFAULT;
        return new ReviewPolicy(
                usual.resources(),
                usual.defaults(),
                usual.schedulerName(),
                usual.overwriteDefaultScheduler(),
                usual.overwriteEnv(),
                usual.runtimeClassName(),
                usual.gpuCorePolicy(),
                new Pool(
                        Set.of(Map.of(mig, 2), Map.of(shared, 2)),
                        Set.of("nvidia.com/gpu"),
                        Map.of(),
                        Pool.LARGEST_BOARD_MIB));
    }

    private static ProfileCapability profile(
            String name, long memoryMiB, int cores, int slices, int size, int... starts) {
        return new ProfileCapability(
                MigProfile.parse(name),
                memoryMiB,
                cores,
                slices,
                starts.length,
                Arrays.stream(starts)
                        .mapToObj(start -> new Placement(start, size))
                        .toList());
    }
}
