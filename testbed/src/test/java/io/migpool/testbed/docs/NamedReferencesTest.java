package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What the objects of an overlay name: other objects, which are there or come from whom we know, and kinds. */
@ParameterizedClass(name = "{0}")
@MethodSource("overlays")
class NamedReferencesTest {

    private static final Path MANIFESTS = Repository.ROOT.resolve("manifests");

    /** What the applications and kube-scheduler make, and what the GPU Operator or people may. */
    private static final Map<String, Set<String>> OF_OTHERS = Map.of(
            "secrets", Set.of("migpool-admission-tls"),
            "leases", Set.of("hami-scheduler"),
            "configmaps", Set.of("custom-mig-config", "default-gpu-clients"));

    private static final Map<String, String> KINDS = Map.of(
            "secrets", "Secret",
            "leases", "Lease",
            "configmaps", "ConfigMap",
            "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
            "validatingwebhookconfigurations", "ValidatingWebhookConfiguration");

    private final List<ObjectNode> objects;

    NamedReferencesTest(String overlay) {
        objects = Stream.concat(
                        Kustomization.render(MANIFESTS.resolve("overlays").resolve(overlay)).stream(),
                        Kustomization.render(MANIFESTS.resolve("config")).stream())
                .toList();
    }

    static List<String> overlays() throws IOException {
        return ManifestsTest.overlays();
    }

    @Test
    void everyPolicyIsBoundAndEveryBindingHasItsPolicy() {
        assertThat(all("ValidatingAdmissionPolicyBinding")
                        .map(binding -> binding.at("/spec/policyName").asText()))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(names("ValidatingAdmissionPolicy"));
    }

    /** kube-apiserver checks expressions against all kinds that their policy matches, and warns of fields that some of them lack. */
    @Test
    void everyPolicyMatchesObjectsOfOneKind() {
        assertThat(all("ValidatingAdmissionPolicy")).isNotEmpty().allSatisfy(policy -> assertThat(
                        elements(policy.at("/spec/matchConstraints/resourceRules"))
                                .flatMap(rule -> elements(rule.path("resources")))
                                .map(resource -> resource.asText().equals("pods/binding")
                                        ? "bindings"
                                        : resource.asText().replaceFirst("/.*", ""))
                                .collect(Collectors.toSet()))
                .as(name(policy))
                .hasSize(1));
    }

    @Test
    void whatRolesAllowByNameIsSomethingThatThereIs() {
        Stream<JsonNode> rules = Stream.of("Role", "ClusterRole")
                .flatMap(this::all)
                .flatMap(role -> elements(role.path("rules")))
                .filter(rule -> rule.has("resourceNames"));

        assertThat(rules).hasSizeGreaterThan(4).allSatisfy(rule -> assertThat(texts(rule.path("resourceNames")))
                .isSubsetOf(texts(rule.path("resources")).stream()
                        .flatMap(resource -> known(resource).stream())
                        .collect(Collectors.toSet())));
    }

    @Test
    void theLeaseThatMayBeTakenIsTheOneOfTheSchedulersConfiguration() {
        String configuration = all("ConfigMap")
                .filter(map -> name(map).equals("migpool-scheduler"))
                .map(map -> map.at("/data/config.yaml").asText())
                .findFirst()
                .orElseThrow();
        JsonNode election = Kustomization.documents(configuration).getFirst().path("leaderElection");

        assertThat(OF_OTHERS.get("leases"))
                .containsExactly(election.path("resourceName").asText());
    }

    @Test
    void secretsOfVolumesAreMadeByACertificate() {
        Set<String> certificates = all("Certificate")
                .map(certificate -> certificate.at("/spec/secretName").asText())
                .collect(Collectors.toSet());
        Stream<String> secrets = Stream.of("Deployment", "DaemonSet")
                .flatMap(this::all)
                .flatMap(workload -> elements(workload.at("/spec/template/spec/volumes")))
                .filter(volume -> volume.has("secret"))
                .map(volume -> volume.at("/secret/secretName").asText());

        assertThat(secrets).hasSize(certificates.isEmpty() ? 0 : 1).allMatch(certificates::contains);
        assertThat(all("Issuer")
                        .filter(issuer -> issuer.at("/spec").has("ca"))
                        .map(issuer -> issuer.at("/spec/ca/secretName").asText()))
                .allMatch(certificates::contains);
        assertThat(all("Certificate")
                        .map(certificate ->
                                certificate.at("/spec/issuerRef/name").asText()))
                .allMatch(names("Issuer")::contains);
    }

    private Set<String> known(String resource) {
        assertThat(KINDS).containsKey(resource);
        Set<String> known = new TreeSet<>(names(String.valueOf(KINDS.get(resource))));
        known.addAll(OF_OTHERS.getOrDefault(resource, Set.of()));
        return known;
    }

    private Set<String> names(String kind) {
        return all(kind).map(NamedReferencesTest::name).collect(Collectors.toSet());
    }

    private Stream<ObjectNode> all(String kind) {
        return objects.stream().filter(object -> object.path("kind").asText().equals(kind));
    }

    private static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }

    private static Set<String> texts(JsonNode list) {
        return elements(list).map(JsonNode::asText).collect(Collectors.toSet());
    }

    private static Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }
}
