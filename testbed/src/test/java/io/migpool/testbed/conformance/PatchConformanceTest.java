package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the kinds of patch change, and when they change nothing. */
@ExtendWith(Subject.Provider.class)
class PatchConformanceTest {

    private static final String GPU = "nvidia.com/gpu";

    @Test
    void nullInAMergePatchDeletesAKey(Subject subject) {
        subject.create(annotated(subject, Map.of("a", "1", "b", "2")));

        subject.patch(PatchType.JSON_MERGE, "{\"metadata\": {\"annotations\": {\"a\": null}}}");

        assertThat(subject.read().getMetadata().getAnnotations()).containsOnlyKeys("b");
    }

    @Test
    void anotherUidInAMergePatchIsAChangeOfAnImmutableField(Subject subject) {
        subject.create(annotated(subject, Map.of()));

        assertRefused(
                () -> subject.patch(
                        PatchType.JSON_MERGE,
                        "{\"metadata\": {\"uid\": \"00000000-0000-4000-8000-000000000000\", \"annotations\": {\"a\":"
                                + " \"1\"}}}"),
                422,
                "Invalid",
                "metadata.uid: Invalid value: \"00000000-0000-4000-8000-000000000000\": field is immutable");

        assertThat(subject.read().getMetadata().getAnnotations()).isNullOrEmpty();
    }

    @Test
    void aStaleVersionInAMergePatchIsAConflict(Subject subject) {
        Pod before = subject.create(annotated(subject, Map.of()));
        subject.patch(PatchType.JSON_MERGE, "{\"metadata\": {\"annotations\": {\"a\": \"1\"}}}");

        assertRefused(
                () -> subject.patch(
                        PatchType.JSON_MERGE,
                        "{\"metadata\": {\"resourceVersion\": \"%s\", \"annotations\": {\"a\": \"2\"}}}"
                                .formatted(before.getMetadata().getResourceVersion())),
                409,
                "Conflict",
                "the object has been modified");
    }

    @Test
    void aJsonPatchWhoseTestFailsChangesNothing(Subject subject) {
        subject.create(annotated(subject, Map.of("a", "1")));

        assertRefused(
                () -> subject.patch(
                        PatchType.JSON,
                        "[{\"op\": \"test\", \"path\": \"/metadata/annotations/a\", \"value\": \"2\"},"
                                + " {\"op\": \"remove\", \"path\": \"/metadata/annotations/a\"}]"),
                422,
                "Invalid",
                "");

        assertThat(subject.read().getMetadata().getAnnotations()).containsEntry("a", "1");
    }

    @Test
    void aJsonPatchThatRemovesWhatIsNotThereIsRefused(Subject subject) {
        subject.create(annotated(subject, Map.of("a", "1")));

        assertRefused(
                () -> subject.patch(PatchType.JSON, "[{\"op\": \"remove\", \"path\": \"/metadata/annotations/b\"}]"),
                422,
                "Invalid",
                "");
    }

    @Test
    void aStrategicPatchFindsAContainerByItsName(Subject subject) {
        subject.create(subject.pod("p", Map.of(GPU, "1")));

        subject.patch(
                PatchType.STRATEGIC_MERGE,
                "{\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"busybox:2\"}]}}");

        var container = subject.read().getSpec().getContainers().getFirst();
        assertThat(container.getImage()).isEqualTo("busybox:2");
        assertThat(Subject.limits(subject.read())).containsKey(GPU);
    }

    @Test
    void aStrategicPatchDeletesAndOrdersByTheKeyOfAList(Subject subject) {
        PodSpec spec = subject.pod("unused", Map.of())
                .editSpec()
                .editFirstContainer()
                .addNewEnv()
                .withName("A")
                .withValue("1")
                .endEnv()
                .addNewEnv()
                .withName("B")
                .withValue("2")
                .endEnv()
                .endContainer()
                .endSpec()
                .buildSpec();
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
                        .withSpec(spec)
                        .endTemplate()
                        .endSpec()
                        .build());
        workload.create();

        Deployment patched = workload.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), """
                {"spec": {"template": {"spec": {"containers": [{"name": "main",
                    "$setElementOrder/env": [{"name": "C"}, {"name": "B"}],
                    "env": [{"name": "A", "$patch": "delete"}, {"name": "C", "value": "3"}]}]}}}}
                """);

        assertThat(patched.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getEnv())
                .extracting(variable -> variable.getName() + variable.getValue())
                .containsExactly("C3", "B2");
    }

    @Test
    void conditionsAreMergedByTheirType(Subject subject) {
        subject.create(subject.pod("p", Map.of()));
        String condition = "{\"status\": {\"conditions\": [{\"type\": \"%s\", \"status\": \"%s\"}]}}";

        for (String patch : List.of(
                condition.formatted("Ready", "True"),
                condition.formatted("Initialized", "True"),
                condition.formatted("Ready", "False"))) {
            subject.at("p").subresource("status").patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
        }

        assertThat(subject.read().getStatus().getConditions())
                .extracting(each -> each.getType() + each.getStatus())
                .containsExactlyInAnyOrder("ReadyFalse", "InitializedTrue");
    }

    @Test
    void whatAPodAsksForCannotBeChanged(Subject subject) {
        subject.create(subject.pod("p", Map.of(GPU, "1")));

        assertRefused(
                () -> subject.patch(
                        PatchType.STRATEGIC_MERGE,
                        "{\"spec\": {\"containers\": [{\"name\": \"main\", \"command\": [\"other\"]}]}}"),
                422,
                "Invalid",
                "pod updates may not change fields other than");
    }

    private static PodBuilder annotated(Subject subject, Map<String, String> annotations) {
        return subject.pod("p", Map.of())
                .editMetadata()
                .withAnnotations(annotations)
                .endMetadata();
    }
}
