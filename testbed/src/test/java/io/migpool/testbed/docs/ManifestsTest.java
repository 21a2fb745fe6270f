package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
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
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code kubectl apply -k} would send: typed, complete, tight, and accepted. */
class ManifestsTest {

    private static final Path BASE = Repository.ROOT.resolve("manifests/base");
    private static final List<HasMetadata> OBJECTS = read();

    private static List<HasMetadata> read() {
        List<HasMetadata> objects = new ArrayList<>();
        for (Path file : Repository.files(BASE, ".yaml")) {
            if (!file.endsWith("kustomization.yaml")) {
                for (String document : Repository.text(file).split("(?m)^---\\s*$", -1)) {
                    objects.add(Serialization.unmarshal(document, HasMetadata.class));
                }
            }
        }
        return List.copyOf(objects);
    }

    @Test
    void everyObjectIsOfAKindThatKubernetesHas() {
        assertThat(OBJECTS)
                .isNotEmpty()
                .noneMatch(GenericKubernetesResource.class::isInstance)
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).isNotBlank());
    }

    @Test
    void theKustomizationListsEveryFile() throws IOException {
        JsonNode kustomization =
                new YAMLMapper().readTree(BASE.resolve("kustomization.yaml").toFile());
        Set<String> listed = new TreeSet<>();
        kustomization.path("resources").forEach(file -> listed.add(file.asText()));

        assertThat(listed)
                .isEqualTo(Repository.files(BASE, ".yaml").stream()
                        .map(file -> file.getFileName().toString())
                        .filter(name -> !name.equals("kustomization.yaml"))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void anApiServerAcceptsThemOneByOne() {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build()) {
            assertThat(OBJECTS).allSatisfy(object -> assertThatCode(
                            () -> client.resource(object).create())
                    .as(object.getKind() + " " + object.getMetadata().getName())
                    .doesNotThrowAnyException());
        }
    }

    @Test
    void deploymentsMeetTheRestrictedPodSecurityLevel() {
        assertThat(all(Deployment.class)).isNotEmpty().allSatisfy(deployment -> {
            PodSpec pod = deployment.getSpec().getTemplate().getSpec();
            assertThat(pod.getHostNetwork()).isNotEqualTo(true);
            assertThat(pod.getHostPID()).isNotEqualTo(true);
            assertThat(pod.getHostIPC()).isNotEqualTo(true);
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
            assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            assertThat(pod.getVolumes()).allMatch(volume -> volume.getHostPath() == null);
            assertThat(pod.getContainers()).allSatisfy(container -> {
                assertThat(container.getSecurityContext().getAllowPrivilegeEscalation())
                        .isFalse();
                assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                        .isTrue();
                assertThat(container.getSecurityContext().getCapabilities().getDrop())
                        .contains("ALL");
                assertThat(container.getSecurityContext().getPrivileged()).isNotEqualTo(true);
            });
        });
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
    void servicesReachAPortOfTheirPodsAndTheWebhookReachesItsService() {
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
        assertThat(all(MutatingWebhookConfiguration.class).stream()
                        .flatMap(configuration -> configuration.getWebhooks().stream())
                        .map(webhook -> webhook.getClientConfig().getService().getName()))
                .isNotEmpty()
                .allMatch(names(Service.class)::contains);
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
                .allMatch(role -> role.getName().startsWith("system:")
                        || (role.getKind().equals("Role") ? names(Role.class) : names(ClusterRole.class))
                                .contains(role.getName()));
        assertThat(subjects).isNotEmpty().allMatch(subject -> names(ServiceAccount.class)
                .contains(subject.getName()));
        assertThat(rules).isNotEmpty().allSatisfy(rule -> assertThat(
                        Stream.of(rule.getApiGroups(), rule.getResources(), rule.getVerbs())
                                .flatMap(List::stream))
                .doesNotContain("*"));
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

    private static Stream<PodTemplateSpec> templates() {
        return Stream.concat(
                all(Deployment.class).stream()
                        .map(deployment -> deployment.getSpec().getTemplate()),
                all(DaemonSet.class).stream().map(set -> set.getSpec().getTemplate()));
    }

    private static Set<String> names(Class<? extends HasMetadata> kind) {
        return all(kind).stream().map(object -> object.getMetadata().getName()).collect(Collectors.toSet());
    }

    private static <T extends HasMetadata> List<T> all(Class<T> kind) {
        return OBJECTS.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
