package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.contracts.wire.Annotations;
import io.migpool.testbed.TestApi;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The policies of the manifests: only our own accounts may write trusted annotations, whether or not a webhook has
 * reviewed the object.
 */
class ReservedAnnotationsTest {
    private static final String SYSTEM = "kube-system";
    private static final String AGENT = "migpool-device-plugin";
    private static final String SCHEDULER = "migpool-scheduler";
    private static final String NODE = "node-a";
    private static final String KEY = Annotations.DEVICES_ALLOCATED;
    /** An agent that writes elsewhere violates two policies, and either may be reported. */
    private static final String EITHER_POLICY = "ValidatingAdmissionPolicy";

    private static final String NAMES_NO_NODE = "may write nothing, because its token names no node";

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient user = client(server.kubeconfig());
    private final AtomicInteger pods = new AtomicInteger();

    @BeforeEach
    void install() throws IOException {
        for (String file : List.of("admission-policies.yaml", "node-agent-policies.yaml")) {
            try (InputStream policies = getClass().getResourceAsStream("/manifests/base/" + file)) {
                user.load(policies).create();
            }
        }
        user.resource(node(NODE)).create();
    }

    @AfterEach
    void stop() {
        user.close();
        server.close();
    }

    static Stream<String> reservedOnPods() {
        return Annotations.RESERVED_ON_PODS.stream();
    }

    static Stream<String> reservedOnNodes() {
        return Annotations.RESERVED_ON_NODES.stream();
    }

    @ParameterizedTest
    @MethodSource("reservedOnPods")
    void aPodOfAnyKindIsNotCreatedWithAReservation(String key) {
        assertForbidden(() -> user.resource(pod(Map.of(key, "forged"))).create(), key);
    }

    @ParameterizedTest
    @MethodSource("reservedOnPods")
    void aUserNeitherAddsNorChangesNorRemovesAReservation(String key) {
        Pod without = user.resource(pod(Map.of("team", "vision"))).create();
        Pod with = bound(Map.of(key, "ours"));

        assertForbidden(() -> annotate(user, without, Map.of(key, "forged")), key);
        assertForbidden(() -> annotate(user, with, Map.of(key, "forged")), key);
        assertForbidden(() -> annotate(user, with, Map.of()), key);
    }

    @Test
    void theLabelOfAReservationIsTheAgents() {
        Pod pod = bound(Map.of(KEY, "ours"));
        String key = Annotations.VGPU_NODE_LABEL;

        assertForbidden(
                () -> user.resource(pod(Map.of())
                                .edit()
                                .editMetadata()
                                .addToLabels(key, "forged")
                                .endMetadata()
                                .build())
                        .create(),
                "label " + key);
        assertForbidden(() -> label(user, pod, Map.of(key, NODE)), "label " + key);
        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE))) {
            label(own, pod, Map.of(key, NODE));
        }
        assertForbidden(() -> label(user, pod, Map.of()), "label " + key);
        assertThatCode(() -> label(user, pod, Map.of(key, NODE, "team", "vision")))
                .doesNotThrowAnyException();
    }

    @Test
    void everythingElseOfAPodIsItsUsers() {
        Pod with = bound(Map.of(KEY, "ours"));

        assertThatCode(() -> annotate(user, with, Map.of(KEY, "ours", "team", "vision")))
                .doesNotThrowAnyException();
        assertThatCode(() ->
                        user.resource(pod(Map.of(Annotations.VGPU_MODE, "mig"))).create())
                .doesNotThrowAnyException();
    }

    @Test
    void theAgentWritesOnPodsOfItsOwnNodeOnly() {
        Pod with = bound(Map.of(KEY, "ours"));
        Pod unbound = user.resource(pod(Map.of())).create();

        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE));
                KubernetesClient other = client(server.kubeconfig(SYSTEM, AGENT, "node-b"));
                KubernetesClient nowhere = client(server.kubeconfig(SYSTEM, AGENT))) {
            assertForbidden(() -> annotate(other, with, Map.of(KEY, "moved")), EITHER_POLICY);
            assertForbidden(() -> annotate(nowhere, with, Map.of(KEY, "moved")), EITHER_POLICY);
            assertForbidden(() -> annotate(own, unbound, Map.of(KEY, "early")), EITHER_POLICY);
            annotate(own, with, Map.of(KEY, "repaired"));
        }
        assertThat(user.resource(with).get().getMetadata().getAnnotations()).containsEntry(KEY, "repaired");
    }

    @Test
    void theAgentChangesNothingOfOtherNodesAndNothingButMetadataOfPods() {
        Pod pod = bound(Map.of());
        Node node = user.nodes().withName(NODE).require();

        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE));
                KubernetesClient other = client(server.kubeconfig(SYSTEM, AGENT, "node-b"));
                KubernetesClient nowhere = client(server.kubeconfig(SYSTEM, AGENT))) {
            assertForbidden(() -> annotate(other, pod, Map.of("team", "taken")), "only node node-b and its pods");
            assertForbidden(() -> annotate(other, node, Map.of("team", "taken")), "only node node-b and its pods");
            assertForbidden(() -> annotate(nowhere, node, Map.of("team", "taken")), NAMES_NO_NODE);
            assertForbidden(() -> annotate(nowhere, pod, Map.of("team", "taken")), NAMES_NO_NODE);
            assertForbidden(
                    () -> own.resource(pod).edit(present -> {
                        present.getSpec().getContainers().getFirst().setImage("mine:latest");
                        return present;
                    }),
                    "nothing but metadata");
            annotate(own, pod, Map.of("team", "told"));
            annotate(own, node, Map.of("team", "told"));
        }
    }

    @Test
    void theAgentChangesNothingOfItsNodeThatPlacesPodsOfOthers() {
        String tenant = "node-restriction.kubernetes.io/tenant";
        Taint taint = new TaintBuilder()
                .withKey("tenant")
                .withValue("a")
                .withEffect("NoSchedule")
                .build();
        Node node = user.nodes().withName(NODE).edit(present -> new NodeBuilder(present)
                .editMetadata()
                .addToLabels(tenant, "a")
                .endMetadata()
                .editOrNewSpec()
                .addToTaints(taint)
                .endSpec()
                .build());

        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE))) {
            assertForbidden(() -> label(own, node, Map.of(tenant, "b")), "begin with nvidia.com/");
            assertForbidden(() -> label(own, node, Map.of(tenant, "a", "more", "b")), "begin with nvidia.com/");
            assertForbidden(() -> label(own, node, Map.of()), "begin with nvidia.com/");
            assertForbidden(() -> taint(own, node, List.of()), "may not change the taints");
            assertForbidden(
                    () -> taint(own, node, List.of(taint, new Taint("NoSchedule", "more", null, "b"))),
                    "may not change the taints");

            label(own, node, Map.of(tenant, "a", "nvidia.com/mig.config.state", "success"));
            label(own, node, Map.of(tenant, "a"));
            var _ = own.resource(own.resource(node).get()).edit(present -> {
                present.getSpec().setUnschedulable(true);
                return present;
            });
        }
        assertThat(user.resource(node).get().getSpec().getUnschedulable()).isTrue();
        assertThatCode(() -> taint(user, node, List.of())).doesNotThrowAnyException();
    }

    @Test
    void theAgentWritesNoConfigMapButTheLayoutsOfItsNode() {
        ConfigMap layouts = configMap(NODE + "-mig-config");

        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE));
                KubernetesClient other = client(server.kubeconfig(SYSTEM, AGENT, "node-b"));
                KubernetesClient nowhere = client(server.kubeconfig(SYSTEM, AGENT))) {
            assertForbidden(() -> other.resource(layouts).create(), "only ConfigMap node-b-mig-config");
            assertForbidden(() -> nowhere.resource(layouts).create(), NAMES_NO_NODE);
            own.resource(layouts).create();
        }
        assertThat(user.resource(layouts).get()).isNotNull();
    }

    @Test
    void onlyOurSchedulerBindsWithAReservation() {
        Pod pod = user.resource(pod(Map.of())).create();
        Pod plain = user.resource(pod(Map.of())).create();

        try (KubernetesClient agent = client(server.kubeconfig(SYSTEM, AGENT, NODE))) {
            assertForbidden(() -> bind(user, pod, Map.of(KEY, "forged")), KEY);
            assertForbidden(() -> bind(agent, pod, Map.of(KEY, "forged")), KEY);
        }
        assertThatCode(() -> bind(user, plain, Map.of())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("reservedOnNodes")
    void aNodeIsDescribedByItsOwnAgentOnly(String key) {
        Node node = user.nodes().withName(NODE).require();

        assertForbidden(() -> annotate(user, node, Map.of(key, "forged")), key);
        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE));
                KubernetesClient other = client(server.kubeconfig(SYSTEM, AGENT, "node-b"))) {
            assertForbidden(() -> annotate(other, node, Map.of(key, "forged")), EITHER_POLICY);
            annotate(own, node, Map.of(key, "true"));
        }
        assertThatCode(() -> annotate(user, node, Map.of(key, "true", Annotations.DEVICE_CORDON, "GPU-1")))
                .doesNotThrowAnyException();
    }

    @Test
    void whatDescribesANodeIsRemovedByAUserAsAWholeOnly() {
        Node node = user.nodes().withName(NODE).require();
        Map<String, String> description =
                Annotations.RESERVED_ON_NODES.stream().collect(Collectors.toMap(key -> key, key -> "ours"));
        try (KubernetesClient own = client(server.kubeconfig(SYSTEM, AGENT, NODE))) {
            annotate(own, node, description);
        }

        for (String key : Annotations.RESERVED_ON_NODES) {
            Map<String, String> without = new HashMap<>(description);
            without.remove(key);
            assertForbidden(() -> annotate(user, node, without), key);
        }
        assertThatCode(() -> annotate(user, node, Map.of("team", "vision"))).doesNotThrowAnyException();
        assertForbidden(() -> annotate(user, node, description), EITHER_POLICY);
    }

    @Test
    void theWebhookCreatesNoSecretButThatOfItsCertificate() {
        String type = "kubernetes.io/tls";
        String name = "migpool-admission-tls";
        try (KubernetesClient webhook = client(server.kubeconfig(SYSTEM, "migpool-admission"))) {
            assertForbidden(() -> webhook.resource(secret("other", type)).create(), "only Secret " + name);
            assertForbidden(() -> webhook.resource(secret(name, "Opaque")).create(), "only Secret " + name);
            webhook.resource(secret(name, type)).create();
        }
        assertThat(user.resource(secret(name, type)).get()).isNotNull();
        assertThatCode(() -> user.resource(secret("other", "Opaque")).create()).doesNotThrowAnyException();
    }

    private static ConfigMap configMap(String name) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(SYSTEM)
                .endMetadata()
                .build();
    }

    private static Secret secret(String name, String type) {
        return new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(SYSTEM)
                .endMetadata()
                .withType(type)
                .withData(Map.of("tls.crt", "", "tls.key", ""))
                .build();
    }

    private Pod pod(Map<String, String> annotations) {
        return TestApi.pod("pod-" + pods.incrementAndGet(), Map.of())
                .editMetadata()
                .withAnnotations(annotations)
                .endMetadata()
                .build();
    }

    /** Returns a pod bound by our scheduler. */
    private Pod bound(Map<String, String> annotations) {
        Pod pod = user.resource(pod(Map.of())).create();
        try (KubernetesClient scheduler = client(server.kubeconfig(SYSTEM, SCHEDULER))) {
            bind(scheduler, pod, annotations);
        }
        return user.resource(pod).get();
    }

    private static void bind(KubernetesClient client, Pod pod, Map<String, String> annotations) {
        String name = pod.getMetadata().getName();
        client.raw(
                "/api/v1/namespaces/%s/pods/%s/binding".formatted(TestApi.NAMESPACE, name),
                "POST",
                new BindingBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withAnnotations(annotations)
                        .endMetadata()
                        .withNewTarget()
                        .withKind("Node")
                        .withName(NODE)
                        .endTarget()
                        .build());
    }

    private static Node node(String name) {
        return new NodeBuilder().withNewMetadata().withName(name).endMetadata().build();
    }

    private static void annotate(KubernetesClient client, HasMetadata object, Map<String, String> annotations) {
        HasMetadata newest = client.resource(object).get();
        var _ = client.resource(newest).edit(present -> {
            present.getMetadata().setAnnotations(annotations);
            return present;
        });
    }

    private static void taint(KubernetesClient client, Node node, List<Taint> taints) {
        var _ = client.resource(client.resource(node).get()).edit(present -> {
            present.getSpec().setTaints(taints);
            return present;
        });
    }

    private static void label(KubernetesClient client, HasMetadata object, Map<String, String> labels) {
        var _ = client.resource(client.resource(object).get()).edit(present -> {
            present.getMetadata().setLabels(labels);
            return present;
        });
    }

    private static void assertForbidden(ThrowingCallable write, String text) {
        assertThatThrownBy(write).isInstanceOfSatisfying(KubernetesClientException.class, e -> {
            assertThat(e.getCode()).isEqualTo(403);
            assertThat(e.getStatus().getMessage()).contains("denied request").contains(text);
        });
    }

    private static KubernetesClient client(String kubeconfig) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.fromKubeconfig(kubeconfig))
                        .withNamespace(TestApi.NAMESPACE)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }
}
