package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Binding writes the reservation in one call. */
@ExtendWith(Subject.Provider.class)
class BindingConformanceTest {

    private static final String ANNOTATION = "example.com/reserved";
    private static final Map<String, String> RESERVATION = Map.of(ANNOTATION, "gpu-0");

    @Test
    void annotationsAndNodeAppearInTheSameUpdate(Subject subject) {
        Pod pod = subject.create(subject.pod("p", Map.of()));
        List<Pod> seen = new CopyOnWriteArrayList<>();
        try (var _ = subject.client().pods().inNamespace(subject.namespace()).watch(new Recorder(seen))) {
            bind(subject, pod, pod.getMetadata().getUid());

            await().atMost(Duration.ofSeconds(60)).until(() -> seen.stream().anyMatch(BindingConformanceTest::isBound));
        }
        assertThat(seen).allSatisfy(each -> assertThat(isBound(each)).isEqualTo(isReserved(each)));
    }

    @Test
    void theUidIsAPrecondition(Subject subject) {
        subject.needs(27, "a binding that is refused for its uid");
        Pod pod = subject.create(subject.pod("p", Map.of()));

        assertRefused(
                () -> bind(subject, pod, "00000000-0000-4000-8000-000000000000"),
                409,
                "Conflict",
                "Precondition failed");

        assertUntouched(subject);
    }

    @Test
    void theVersionIsAPrecondition(Subject subject) {
        subject.needs(27, "a binding that is refused for its version");
        Pod pod = subject.create(subject.pod("p", Map.of()));
        subject.at("p").edit(old -> new PodBuilder(old)
                .editMetadata()
                .addToLabels("seen", "yes")
                .endMetadata()
                .build());

        assertRefused(
                () -> subject.client()
                        .bindings()
                        .inNamespace(subject.namespace())
                        .resource(new BindingBuilder(
                                        binding(subject, pod, pod.getMetadata().getUid()))
                                .editMetadata()
                                .withResourceVersion(pod.getMetadata().getResourceVersion())
                                .endMetadata()
                                .build())
                        .create(),
                409,
                "Conflict",
                "Precondition failed");

        assertUntouched(subject);
    }

    @Test
    void creatingBindingsIsAllTheRightThatABindingNeeds(Subject subject) {
        String namespace = subject.namespace();
        Pod pod = subject.create(subject.pod("p", Map.of()));
        subject.client()
                .resource(new RoleBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("binder")
                        .endMetadata()
                        .addNewRule()
                        .withApiGroups("")
                        .withResources("pods/binding")
                        .withVerbs("create")
                        .endRule()
                        .build())
                .create();
        subject.client()
                .resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("binder")
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "Role", "binder")
                        .addNewSubject("", "ServiceAccount", "binder", namespace)
                        .build())
                .create();

        try (KubernetesClient binder = subject.account("binder")) {
            String path = "/api/v1/namespaces/" + namespace + "/pods/p/binding";
            // The server learns of the role a moment later.
            await().until(() -> {
                KubernetesClientException refused = catchThrowableOfType(
                        KubernetesClientException.class,
                        () -> binder.raw(
                                path,
                                "POST",
                                binding(subject, pod, pod.getMetadata().getUid())));
                assertThat(refused == null ? 403 : refused.getCode()).isEqualTo(403);
                return refused == null;
            });

            Pod bound = Objects.requireNonNull(subject.at("p").get());
            assertThat(isBound(bound)).isTrue();
            assertThat(isReserved(bound)).isTrue();
            assertRefused(
                    () -> binder.raw("/api/v1/namespaces/" + namespace + "/pods/p", "PATCH", "{}"),
                    403,
                    "Forbidden",
                    "cannot patch resource \"pods\"");
        }
    }

    @Test
    void aPodThatIsBoundIsNotBoundAgain(Subject subject) {
        Pod pod = subject.create(subject.pod("p", Map.of()));
        bind(subject, pod, pod.getMetadata().getUid());

        assertRefused(
                () -> bind(subject, pod, pod.getMetadata().getUid()),
                409,
                "Conflict",
                "pod p is already assigned to node");
    }

    @Test
    void aPodThatIsBeingDeletedIsNotBound(Subject subject) {
        Pod pod = subject.create(subject.pod("p", Map.of())
                .editMetadata()
                .withFinalizers("example.com/hold")
                .endMetadata());
        subject.at("p").delete();

        assertRefused(() -> bind(subject, pod, pod.getMetadata().getUid()), 409, "Conflict", "pod p is being deleted");

        assertUntouched(subject);
        subject.at("p").edit(held -> new PodBuilder(held)
                .editMetadata()
                .withFinalizers()
                .endMetadata()
                .build());
        assertThat(subject.at("p").get()).isNull();
    }

    @Test
    void aGatedPodIsNotBound(Subject subject) {
        subject.needs(27, "a scheduling gate");
        Pod pod = subject.create(subject.pod("p", Map.of())
                .editSpec()
                .addNewSchedulingGate("example.com/wait")
                .endSpec());

        assertRefused(
                () -> bind(subject, pod, pod.getMetadata().getUid()),
                409,
                "Conflict",
                "pod p has non-empty .spec.schedulingGates");

        assertUntouched(subject);
    }

    private static void bind(Subject subject, Pod pod, String uid) {
        subject.client()
                .bindings()
                .inNamespace(subject.namespace())
                .resource(binding(subject, pod, uid))
                .create();
    }

    private static Binding binding(Subject subject, Pod pod, String uid) {
        return new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(subject.namespace())
                .withUid(uid)
                .withAnnotations(RESERVATION)
                .endMetadata()
                .withNewTarget()
                .withKind("Node")
                .withName("node-a")
                .endTarget()
                .build();
    }

    private static void assertUntouched(Subject subject) {
        Pod pod = Objects.requireNonNull(subject.at("p").get());
        assertThat(isBound(pod)).isFalse();
        assertThat(isReserved(pod)).isFalse();
    }

    private static boolean isBound(Pod pod) {
        return pod.getSpec().getNodeName() != null;
    }

    private static boolean isReserved(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations != null && annotations.containsKey(ANNOTATION);
    }

    private record Recorder(List<Pod> seen) implements Watcher<Pod> {
        @Override
        public void eventReceived(Action action, Pod pod) {
            seen.add(pod);
        }

        @Override
        public void onClose(@Nullable WatcherException cause) {
            // The test closes it.
        }
    }
}
