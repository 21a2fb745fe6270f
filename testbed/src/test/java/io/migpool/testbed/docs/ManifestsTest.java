package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ServiceReference;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code kubectl apply -k} would send, overlay by overlay: typed, complete, tight, and accepted. */
@ParameterizedClass(name = "{0}")
@MethodSource("overlays")
class ManifestsTest {

    private static final Path MANIFESTS = Repository.ROOT.resolve("manifests");

    /** Kinds of cert-manager, for which there are no types here. */
    private static final Set<String> UNTYPED = Set.of("cert-manager.io/v1 Issuer", "cert-manager.io/v1 Certificate");

    /** What every cluster has. */
    private static final Set<String> ROLES_OF_KUBERNETES =
            Set.of("system:kube-scheduler", "system:volume-scheduler", "extension-apiserver-authentication-reader");

    private static final int HTTPS = 443;
    private static final Pattern TAG_OF_BUILD = Pattern.compile("<image\\.tag>([^<]+)</image\\.tag>");

    /** Overlays in which the count resource has another name. */
    private static final Map<String, String> RENAMED = Map.of("renamed-resources", "nvidia.com/gpualloc");

    private final String count;
    private final List<ObjectNode> trees;
    private final List<HasMetadata> objects;

    ManifestsTest(String overlay) {
        count = RENAMED.getOrDefault(overlay, ResourceNames.DEFAULT.count());
        trees = Kustomization.render(MANIFESTS.resolve("overlays").resolve(overlay));
        objects = trees.stream()
                .map(tree -> Serialization.unmarshal(tree.toString(), HasMetadata.class))
                .toList();
    }

    static List<String> overlays() throws IOException {
        try (Stream<Path> directories = Files.list(MANIFESTS.resolve("overlays"))) {
            return directories
                    .map(path -> path.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void everyObjectIsOfAKindThatKubernetesHas() {
        assertThat(objects)
                .isNotEmpty()
                .filteredOn(object -> !UNTYPED.contains(object.getApiVersion() + " " + object.getKind()))
                .noneMatch(GenericKubernetesResource.class::isInstance)
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).isNotBlank());
    }

    @Test
    void noObjectComesTwice() {
        assertThat(trees).extracting(Kustomization::id).doesNotHaveDuplicates();
    }

    @Test
    void anApiServerAcceptsThemOneByOne() {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            assertThat(objects).allSatisfy(object -> assertThatCode(() -> client.resource(object)
                            .fieldValidation(FieldValidateable.Validation.STRICT)
                            .create())
                    .as(object.getKind() + " " + object.getMetadata().getName())
                    .doesNotThrowAnyException());
        }
    }

    @Test
    void imagesArePinnedAndResourcesRequested() {
        assertThat(templates().flatMap(template -> template.getSpec().getContainers().stream()))
                .isNotEmpty()
                .allSatisfy(container -> {
                    assertThat(container.getImage()).matches(".+:v?\\d+\\.\\d+\\.\\d+|.+@sha256:[0-9a-f]{64}");
                    assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
                });
    }

    @Test
    void clustersPullTheImagesThatTheBuildPushes() {
        Matcher tag = TAG_OF_BUILD.matcher(Repository.text(Repository.ROOT.resolve("pom.xml")));
        assertThat(tag.find()).isTrue();

        assertThat(templates()
                        .flatMap(template -> template.getSpec().getContainers().stream())
                        .map(Container::getImage)
                        .filter(image -> image.startsWith("migpool/")))
                .hasSize(3)
                .allMatch(image -> image.endsWith(":" + tag.group(1)));
    }

    @Test
    void podsReferToWhatExists() {
        Set<String> maps = names(ConfigMap.class);
        assertThat(templates()).isNotEmpty().allSatisfy(template -> {
            PodSpec pod = template.getSpec();
            assertThat(names(ServiceAccount.class)).contains(pod.getServiceAccountName());
            assertThat(pod.getVolumes().stream()
                            .map(Volume::getConfigMap)
                            .filter(Objects::nonNull)
                            .map(map -> map.getName()))
                    .allMatch(maps::contains);
            Set<String> volumes = pod.getVolumes().stream().map(Volume::getName).collect(Collectors.toSet());
            for (Container container : pod.getContainers()) {
                assertThat(container.getVolumeMounts()).allMatch(mount -> volumes.contains(mount.getName()));
                assertThat(Stream.of(
                                        container.getStartupProbe(),
                                        container.getLivenessProbe(),
                                        container.getReadinessProbe())
                                .filter(Objects::nonNull)
                                .map(ManifestsTest::port)
                                .filter(name -> name != null))
                        .allMatch(portNames(pod)::contains);
            }
        });
    }

    @Test
    void servicesReachAPortOfTheirPodsAndWebhooksReachTheirService() {
        assertThat(all(Service.class)).isNotEmpty().allSatisfy(service -> {
            List<PodSpec> selected = templates()
                    .filter(template -> template.getMetadata()
                            .getLabels()
                            .entrySet()
                            .containsAll(service.getSpec().getSelector().entrySet()))
                    .map(PodTemplateSpec::getSpec)
                    .toList();
            assertThat(selected).hasSize(1);
            assertThat(service.getSpec().getPorts()).allMatch(port -> portNames(selected.getFirst())
                    .contains(port.getTargetPort().getStrVal()));
        });
        assertThat(all(MutatingWebhookConfiguration.class)).isNotEmpty().allSatisfy(configuration -> assertThat(
                        configuration.getWebhooks())
                .isNotEmpty()
                .allSatisfy(webhook -> assertReachable(webhook.getClientConfig())));
        assertThat(all(ValidatingWebhookConfiguration.class)).isNotEmpty().allSatisfy(configuration -> assertThat(
                        configuration.getWebhooks())
                .isNotEmpty()
                .allSatisfy(webhook -> assertReachable(webhook.getClientConfig())));
    }

    private void assertReachable(WebhookClientConfig client) {
        ServiceReference reference = client.getService();
        int port = Objects.requireNonNullElse(reference.getPort(), HTTPS);
        assertThat(all(Service.class))
                .filteredOn(service -> service.getMetadata().getName().equals(reference.getName())
                        && service.getMetadata().getNamespace().equals(reference.getNamespace()))
                .singleElement()
                .satisfies(
                        service -> assertThat(service.getSpec().getPorts()).anyMatch(open -> open.getPort() == port));
    }

    @Test
    void bindingsReferToRolesAndAccountsThatExistAndNoRoleHasAWildcard() {
        List<RoleRef> roles = Stream.concat(
                        all(RoleBinding.class).stream().map(RoleBinding::getRoleRef),
                        all(ClusterRoleBinding.class).stream().map(ClusterRoleBinding::getRoleRef))
                .toList();
        List<Subject> subjects = Stream.concat(
                        all(RoleBinding.class).stream().flatMap(binding -> binding.getSubjects().stream()),
                        all(ClusterRoleBinding.class).stream().flatMap(binding -> binding.getSubjects().stream()))
                .toList();
        List<PolicyRule> rules = Stream.concat(
                        all(Role.class).stream().flatMap(role -> role.getRules().stream()),
                        all(ClusterRole.class).stream().flatMap(role -> role.getRules().stream()))
                .toList();

        assertThat(roles)
                .isNotEmpty()
                .allMatch(role -> ROLES_OF_KUBERNETES.contains(role.getName())
                        || (role.getKind().equals("Role") ? names(Role.class) : names(ClusterRole.class))
                                .contains(role.getName()));
        assertThat(subjects).isNotEmpty().allMatch(subject -> names(ServiceAccount.class)
                .contains(subject.getName()));
        assertThat(rules).isNotEmpty().allSatisfy(rule -> assertThat(
                        Stream.of(rule.getApiGroups(), rule.getResources(), rule.getVerbs())
                                .flatMap(List::stream))
                .doesNotContain("*"));
    }

    @Test
    void everyWorkloadHasAnAccountOfItsOwn() {
        assertThat(templates().map(template -> template.getSpec().getServiceAccountName()))
                .hasSizeGreaterThan(2)
                .doesNotHaveDuplicates();
    }

    @Test
    void theNodeAgentIsReplacedNotDoubled() {
        assertThat(all(DaemonSet.class)).singleElement().satisfies(agent -> {
            assertThat(agent.getSpec().getUpdateStrategy().getRollingUpdate().getMaxSurge())
                    .isEqualTo(new IntOrString(0));
            assertThat(agent.getSpec().getTemplate().getSpec().getContainers())
                    .singleElement()
                    .satisfies(container -> assertThat(
                                    container.getSecurityContext().getReadOnlyRootFilesystem())
                            .isTrue());
        });
    }

    @Test
    void everyWorkloadIsFencedAndEveryDeploymentHasADisruptionBudget() {
        assertThat(templates()).allSatisfy(template -> assertThat(all(NetworkPolicy.class).stream()
                        .filter(policy -> selects(policy.getSpec().getPodSelector(), template)))
                .as("policies of %s", template.getMetadata().getLabels())
                .singleElement()
                .satisfies(policy -> assertThat(policy.getSpec().getIngress().stream()
                                .flatMap(rule -> rule.getPorts().stream())
                                .map(port -> port.getPort().getStrVal()))
                        .isNotEmpty()
                        .allMatch(portNames(template.getSpec())::contains)));
        assertThat(all(Deployment.class)).allSatisfy(deployment -> assertThat(all(PodDisruptionBudget.class).stream()
                        .filter(budget -> selects(
                                budget.getSpec().getSelector(),
                                deployment.getSpec().getTemplate())))
                .hasSize(1));
    }

    @Test
    void theWebhooksMetricsAreOpenOnlyToMonitoring() {
        assertThat(all(NetworkPolicy.class).stream()
                        .filter(policy -> policy.getMetadata().getName().equals("migpool-admission"))
                        .flatMap(policy -> policy.getSpec().getIngress().stream())
                        .flatMap(rule -> rule.getPorts().stream())
                        .map(port -> port.getPort().getStrVal()))
                .isEqualTo(all(PodMonitor.class).isEmpty() ? List.of("webhook") : List.of("webhook", "admin"));
        assertThat(Repository.text(Repository.ROOT.resolve("docs/install.md")))
                .contains("| 8080 | inside the cluster, with the component `monitoring` |");
    }

    @Test
    void whereThereAreAlertsThereAreMonitors() {
        assertThat(all(ServiceMonitor.class)).hasSize(all(PrometheusRule.class).isEmpty() ? 0 : 2);
        assertThat(all(PodMonitor.class)).hasSize(all(PrometheusRule.class).isEmpty() ? 0 : 1);
    }

    @Test
    void monitorsFindWhatTheyScrape() {
        assertThat(all(ServiceMonitor.class)).allSatisfy(monitor -> assertThat(all(Service.class).stream()
                        .filter(service -> service.getMetadata()
                                .getLabels()
                                .entrySet()
                                .containsAll(monitor.getSpec()
                                        .getSelector()
                                        .getMatchLabels()
                                        .entrySet()))
                        .filter(service -> service.getSpec().getPorts().stream().anyMatch(port -> port.getName()
                                .equals(monitor.getSpec()
                                        .getEndpoints()
                                        .getFirst()
                                        .getPort()))))
                .hasSize(1));
        assertThat(all(PodMonitor.class)).allSatisfy(monitor -> assertThat(templates()
                        .filter(template -> selects(monitor.getSpec().getSelector(), template))
                        .filter(template -> portNames(template.getSpec())
                                .contains(monitor.getSpec()
                                        .getPodMetricsEndpoints()
                                        .getFirst()
                                        .getPort())))
                .hasSize(1));
    }

    @Test
    void theSchedulerLeavesTheChoiceToTheExtender() throws IOException {
        ConfigMap map = all(ConfigMap.class).stream()
                .filter(candidate -> candidate.getMetadata().getName().equals("migpool-scheduler"))
                .findFirst()
                .orElseThrow();
        JsonNode config = new YAMLMapper().readTree(map.getData().get("config.yaml"));
        JsonNode extender = config.path("extenders").path(0);
        JsonNode profile = config.path("profiles").path(0);

        assertThat(config.path("percentageOfNodesToScore").asInt()).isEqualTo(100);
        assertThat(profile.path("schedulerName").asText()).isEqualTo("hami-scheduler");
        assertThat(profile.path("plugins").path("score").path("disabled").findValuesAsText("name"))
                .containsExactlyInAnyOrder("NodeResourcesFit", "NodeResourcesBalancedAllocation");
        assertThat(extender.path("urlPrefix").asText())
                .isEqualTo("http://127.0.0.1:"
                        + Repository.defaults("extender-app").getProperty("server.port"));
        assertThat(extender.path("weight").asInt()).isEqualTo(5);
        assertThat(extender.path("ignorable").asBoolean()).isFalse();
        assertThat(extender.path("httpTimeout").asText()).isEqualTo("5s");
        ResourceNames names = ResourceNames.DEFAULT;
        assertThat(extender.path("managedResources"))
                .filteredOn(resource -> resource.path("ignoredByScheduler").asBoolean())
                .extracting(resource -> resource.path("name").asText())
                .containsExactlyInAnyOrder(names.memory(), names.memoryPercentage(), names.cores(), names.priority());
        assertThat(extender.path("managedResources"))
                .filteredOn(resource -> !resource.path("ignoredByScheduler").asBoolean())
                .extracting(resource -> resource.path("name").asText())
                .containsExactly(count);
        String base = Repository.text(MANIFESTS.resolve("base/scheduler-config.yaml"));
        assertThat(map.getData().get("config.yaml"))
                .as("whoever renames resources repeats all the rest")
                .isEqualTo(Kustomization.documents(base.replace("name: nvidia.com/gpu\n", "name: " + count + "\n"))
                        .getFirst()
                        .path("data")
                        .path("config.yaml")
                        .asText());
    }

    private static boolean selects(LabelSelector selector, PodTemplateSpec template) {
        return template.getMetadata()
                .getLabels()
                .entrySet()
                .containsAll(selector.getMatchLabels().entrySet());
    }

    private static String port(Probe probe) {
        return probe.getHttpGet().getPort().getStrVal();
    }

    private static Set<String> portNames(PodSpec pod) {
        return pod.getContainers().stream()
                .flatMap(container -> container.getPorts().stream())
                .map(ContainerPort::getName)
                .collect(Collectors.toSet());
    }

    private Stream<PodTemplateSpec> templates() {
        return Stream.concat(
                all(Deployment.class).stream()
                        .map(deployment -> deployment.getSpec().getTemplate()),
                all(DaemonSet.class).stream().map(set -> set.getSpec().getTemplate()));
    }

    private Set<String> names(Class<? extends HasMetadata> kind) {
        return all(kind).stream().map(object -> object.getMetadata().getName()).collect(Collectors.toSet());
    }

    private <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
