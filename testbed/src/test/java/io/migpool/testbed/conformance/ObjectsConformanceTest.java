package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the API server does with objects, as far as the applications rely on it. */
@ExtendWith(Subject.Provider.class)
class ObjectsConformanceTest {

    private static final String GPU = "nvidia.com/gpu";
    private static final String GPUMEM = "nvidia.com/gpumem";

    @Test
    void quantitiesComeBackInTheirCanonicalForm(Subject subject) {
        Pod decimal = subject.create(subject.pod("decimal", Map.of(GPU, "1", GPUMEM, "8000")));
        Pod binary = subject.create(subject.pod("binary", Map.of(GPU, "1", GPUMEM, "16Gi")));

        assertThat(Subject.limits(decimal)).containsEntry(GPUMEM, "8k");
        assertThat(Subject.limits(binary)).containsEntry(GPUMEM, "16Gi");
    }

    @Test
    void requestsAreFilledInFromLimits(Subject subject) {
        Pod pod = subject.create(subject.pod("p", Map.of(GPU, "1", GPUMEM, "8000")));

        assertThat(pod.getSpec().getContainers().getFirst().getResources().getRequests())
                .containsOnlyKeys(GPU, GPUMEM);
    }

    @Test
    void extendedResourcesAreWholeNumbers(Subject subject) {
        assertRefused(
                () -> subject.create(subject.pod("p", Map.of(GPU, "1500m"))), 422, "Invalid", "must be an integer");
    }

    @Test
    void aSecondObjectOfTheSameNameAlreadyExists(Subject subject) {
        subject.create(subject.pod("p", Map.of()));

        assertRefused(
                () -> subject.create(subject.pod("p", Map.of())), 409, "AlreadyExists", "pods \"p\" already exists");
    }

    @Test
    void aGeneratedNameHasFiveMoreCharacters(Subject subject) {
        Pod pod = subject.create(subject.pod("unused", Map.of())
                .editMetadata()
                .withName(null)
                .withGenerateName("job-")
                .endMetadata());

        assertThat(pod.getMetadata().getName()).matches("job-[a-z0-9]{5}");
    }

    @Test
    void nothingIsCreatedInANamespaceThatIsNotThere(Subject subject) {
        Pod pod = subject.pod("p", Map.of())
                .editMetadata()
                .withNamespace("nowhere")
                .endMetadata()
                .build();

        assertRefused(
                () -> subject.client().resource(pod).create(), 404, "NotFound", "namespaces \"nowhere\" not found");
    }

    @Test
    void anUpdateOfAnOldVersionIsAConflict(Subject subject) {
        ConfigMap first = subject.client().resource(map(subject, "a", "1")).create();
        subject.client()
                .resource(new ConfigMapBuilder(first).addToData("a", "2").build())
                .update();

        assertRefused(
                () -> subject.client()
                        .resource(
                                new ConfigMapBuilder(first).addToData("a", "3").build())
                        .lockResourceVersion()
                        .update(),
                409,
                "Conflict",
                "the object has been modified");
    }

    @Test
    void aLeaseGoesToOneOfTwoWhoSawTheSameVersion(Subject subject) {
        Lease lease = subject.client()
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("leader")
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("nobody")
                        .endSpec()
                        .build())
                .create();
        subject.client().resource(heldBy(lease, "one")).lockResourceVersion().update();

        assertRefused(
                () -> subject.client()
                        .resource(heldBy(lease, "two"))
                        .lockResourceVersion()
                        .update(),
                409,
                "Conflict",
                "the object has been modified");
    }

    @Test
    void theStatusIsWrittenAtItsOwnPlaceOnly(Subject subject) {
        subject.create(subject.pod("p", Map.of()));
        String running = "{\"metadata\": {\"labels\": {\"seen\": \"%s\"}}, \"status\": {\"phase\": \"Running\"}}";

        subject.patch(PatchType.JSON_MERGE, running.formatted("object"));
        assertThat(subject.read().getStatus().getPhase()).isEqualTo("Pending");

        subject.at("p").subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), running.formatted("status"));
        assertThat(subject.read().getStatus().getPhase()).isEqualTo("Running");
    }

    @Test
    void fieldsSelectPods(Subject subject) {
        subject.create(
                subject.pod("here", Map.of()).editSpec().withNodeName("node-a").endSpec());
        subject.create(subject.pod("there", Map.of()));

        assertThat(selected(subject, "spec.nodeName", "node-a")).containsExactly("here");
        assertThat(selected(subject, "metadata.name", "there")).containsExactly("there");
        assertThat(selected(subject, "status.phase", "Pending")).containsExactlyInAnyOrder("here", "there");
        assertRefused(() -> selected(subject, "spec.priority", "0"), 400, "BadRequest", "field label not supported");
    }

    @Test
    void aListIsReadInPages(Subject subject) {
        IntStream.range(0, 5).forEach(i -> subject.create(subject.pod("p" + i, Map.of())));
        Set<String> names = new HashSet<>();
        String next = null;
        do {
            PodList page = subject.client()
                    .pods()
                    .inNamespace(subject.namespace())
                    .list(new ListOptionsBuilder()
                            .withLimit(2L)
                            .withContinue(next)
                            .build());
            assertThat(page.getItems()).hasSizeLessThanOrEqualTo(2);
            page.getItems().forEach(pod -> names.add(pod.getMetadata().getName()));
            next = page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());

        assertThat(names).hasSize(5);
    }

    @Test
    void aDeletedPodIsThereUntilItsKubeletLetsGo(Subject subject) {
        subject.create(
                subject.pod("p", Map.of()).editSpec().withNodeName("node-a").endSpec());

        subject.at("p").delete();
        assertThat(subject.read().getMetadata().getDeletionTimestamp()).isNotNull();
        assertThat(subject.read().getMetadata().getDeletionGracePeriodSeconds()).isEqualTo(30);

        subject.at("p").withGracePeriod(0).delete();
        assertThat(subject.at("p").get()).isNull();
    }

    @Test
    void anUnboundPodGoesAtOnce(Subject subject) {
        subject.create(subject.pod("p", Map.of()));

        subject.at("p").withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();

        assertThat(subject.at("p").get()).isNull();
    }

    @Test
    void anUpdateThatChangesNothingKeepsTheVersion(Subject subject) {
        ConfigMap first = subject.client().resource(map(subject, "a", "1")).create();

        ConfigMap again = subject.client().resource(map(subject, "a", "1")).update();

        assertThat(again.getMetadata().getResourceVersion())
                .isEqualTo(first.getMetadata().getResourceVersion());
    }

    @Test
    void theGenerationCountsChangesOfTheSpecOnly(Subject subject) {
        var workload = subject.client()
                .resource(new DeploymentBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("web")
                        .endMetadata()
                        .withNewSpec()
                        .withNewSelector()
                        .addToMatchLabels("app", "web")
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .addToLabels("app", "web")
                        .endMetadata()
                        .withSpec(subject.pod("unused", Map.of()).buildSpec())
                        .endTemplate()
                        .endSpec()
                        .build());
        PatchContext merge = PatchContext.of(PatchType.JSON_MERGE);

        Deployment created = workload.create();
        Deployment changed = workload.patch(merge, "{\"spec\": {\"replicas\": 2}}");
        Deployment labelled = workload.patch(merge, "{\"metadata\": {\"labels\": {\"a\": \"1\"}}}");
        Deployment counted = workload.subresource("status").patch(merge, "{\"status\": {\"replicas\": 1}}");

        assertThat(Stream.of(created, changed, labelled, counted)
                        .map(each -> each.getMetadata().getGeneration()))
                .containsExactly(1L, 2L, 2L, 2L);
    }

    @Test
    void aDeletionOfAnotherVersionOrObjectIsAConflict(Subject subject) {
        ConfigMap first = subject.client().resource(map(subject, "a", "1")).create();
        String version = first.getMetadata().getResourceVersion();
        String uid = "00000000-0000-4000-8000-000000000000";
        subject.client().resource(map(subject, "a", "2")).update();

        assertDeletionRefused(
                subject,
                "{\"preconditions\": {\"resourceVersion\": \"" + version + "\"}}",
                "the ResourceVersion in the precondition (" + version + ") does not match");
        assertDeletionRefused(
                subject,
                "{\"preconditions\": {\"uid\": \"" + uid + "\"}}",
                "the UID in the precondition (" + uid + ") does not match");
        assertThat(subject.client().resource(first).get()).isNotNull();
    }

    @Test
    void anObjectGoesWithItsLastFinalizer(Subject subject) {
        ConfigMap map = subject.client()
                .resource(new ConfigMapBuilder(map(subject, "a", "1"))
                        .editMetadata()
                        .withFinalizers("example.com/hold")
                        .endMetadata()
                        .build())
                .create();
        subject.client().resource(map).delete();
        assertThat(subject.client().resource(map).get().getMetadata().getDeletionTimestamp())
                .isNotNull();

        subject.client()
                .resource(map)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\": {\"finalizers\": null}}");

        assertThat(subject.client().resource(map).get()).isNull();
    }

    @Test
    void aDryRunStoresNothing(Subject subject) {
        ConfigMap answer =
                subject.client().resource(map(subject, "a", "1")).dryRun().create();

        assertThat(answer.getMetadata().getUid()).isNotEmpty();
        assertThat(subject.client().resource(map(subject, "a", "1")).get()).isNull();
    }

    @Test
    void theOwnersOfAPodStayAtItsStatus(Subject subject) {
        subject.create(subject.pod("p", Map.of())
                .editMetadata()
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("ConfigMap")
                .withName("owner")
                .withUid("00000000-0000-4000-8000-000000000000")
                .endOwnerReference()
                .endMetadata());

        subject.at("p")
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"ownerReferences\": null, \"labels\": {\"seen\": \"yes\"}}}");

        assertThat(subject.read().getMetadata().getOwnerReferences()).hasSize(1);
        assertThat(subject.read().getMetadata().getLabels()).containsEntry("seen", "yes");
    }

    @Test
    void anAccountMayDoNothingUntilARoleSaysSo(Subject subject) {
        try (KubernetesClient nobody = subject.account("nobody")) {
            assertRefused(
                    () -> nobody.pods().inNamespace(subject.namespace()).list(),
                    403,
                    "Forbidden",
                    "User \"system:serviceaccount:%s:nobody\" cannot list resource \"pods\" in API group \"\" in the namespace"
                            .formatted(subject.namespace()));
        }
    }

    private static void assertDeletionRefused(Subject subject, String options, String why) {
        String path = "/api/v1/namespaces/" + subject.namespace() + "/configmaps/map";
        assertRefused(() -> subject.client().raw(path, "DELETE", options), 409, "Conflict", why);
    }

    private static Stream<String> selected(Subject subject, String field, String value) {
        return subject
                .client()
                .pods()
                .inNamespace(subject.namespace())
                .withField(field, value)
                .list()
                .getItems()
                .stream()
                .map(pod -> pod.getMetadata().getName());
    }

    private static ConfigMap map(Subject subject, String key, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(subject.namespace())
                .withName("map")
                .endMetadata()
                .withData(Map.of(key, value))
                .build();
    }

    private static Lease heldBy(Lease lease, String holder) {
        return new LeaseBuilder(lease)
                .editSpec()
                .withHolderIdentity(holder)
                .endSpec()
                .build();
    }
}
