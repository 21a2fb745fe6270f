package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.EvictionBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Evictions under disruption budgets. There is no controller manager, so the tests write its counts to a budget's
 * status; the double counts by itself.
 */
@ExtendWith(Subject.Provider.class)
class EvictionConformanceTest {

    @ParameterizedTest
    @CsvSource({"1, false", "0, true"})
    void anEvictionIsForbiddenByABudgetThatIsUsedUp(int needed, boolean allowed, Subject subject) {
        subject.needs(21, "policy/v1");
        running(subject, "p", "True");
        counted(subject, budget(subject, "budget", needed), 1, 1, needed);

        assertThat(evict(subject, "p"))
                .as("false is the client's word for status 429")
                .isEqualTo(allowed);
        assertThat(isDeleting(subject, "p")).isEqualTo(allowed);
    }

    @Test
    void anUnreadyPodGoesWhereEnoughAreHealthy(Subject subject) {
        subject.needs(21, "policy/v1");
        running(subject, "healthy", "True");
        running(subject, "sick", "False");
        counted(subject, budget(subject, "budget", 1), 2, 1, 1);

        assertThat(evict(subject, "healthy")).isFalse();
        assertThat(evict(subject, "sick")).isTrue();
        assertThat(isDeleting(subject, "healthy")).isFalse();
        assertThat(isDeleting(subject, "sick")).isTrue();
    }

    @Test
    void aPodWithTwoBudgetsIsNotEvicted(Subject subject) {
        subject.needs(21, "policy/v1");
        running(subject, "p", "True");
        counted(subject, budget(subject, "one", 0), 1, 1, 0);
        counted(subject, budget(subject, "other", 0), 1, 1, 0);

        assertRefused(() -> evict(subject, "p"), 500, "InternalError", "more than one PodDisruptionBudget");
        assertThat(isDeleting(subject, "p")).isFalse();
    }

    @Test
    void anEvictedPodSaysSo(Subject subject) {
        subject.needs(26, "the condition DisruptionTarget");
        running(subject, "p", "True");

        assertThat(evict(subject, "p")).isTrue();

        assertThat(isDeleting(subject, "p")).isTrue();
        assertThat(pod(subject, "p").getStatus().getConditions())
                .filteredOn(condition -> condition.getType().equals("DisruptionTarget"))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.getStatus()).isEqualTo("True");
                    assertThat(condition.getReason()).isEqualTo("EvictionByEvictionAPI");
                    assertThat(condition.getMessage()).isEqualTo("Eviction API: evicting");
                });
    }

    private static void running(Subject subject, String name, String ready) {
        subject.create(subject.pod(name, Map.of())
                .editMetadata()
                .addToLabels("app", "a")
                .endMetadata()
                .editSpec()
                .withNodeName("node-a")
                .endSpec());
        subject.at(name)
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.STRATEGIC_MERGE),
                        "{\"status\": {\"phase\": \"Running\", \"conditions\": [{\"type\": \"Ready\", \"status\": \"%s\"}]}}"
                                .formatted(ready));
    }

    private static PodDisruptionBudget budget(Subject subject, String name, int needed) {
        return subject.client()
                .resource(new PodDisruptionBudgetBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withMinAvailable(new IntOrString(needed))
                        .withNewSelector()
                        .addToMatchLabels("app", "a")
                        .endSelector()
                        .endSpec()
                        .build())
                .create();
    }

    private static void counted(Subject subject, PodDisruptionBudget budget, int pods, int healthy, int needed) {
        subject.client()
                .resource(budget)
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), """
                        {"status": {"observedGeneration": %d, "expectedPods": %d, "currentHealthy": %d,
                                    "desiredHealthy": %d, "disruptionsAllowed": %d}}
                        """.formatted(
                        budget.getMetadata().getGeneration(), pods, healthy, needed, Math.max(0, healthy - needed)));
    }

    private static boolean evict(Subject subject, String pod) {
        return subject.at(pod)
                .evict(new EvictionBuilder()
                        .withNewMetadata()
                        .withName(pod)
                        .withNamespace(subject.namespace())
                        .endMetadata()
                        .build());
    }

    private static Pod pod(Subject subject, String name) {
        return Objects.requireNonNull(subject.at(name).get());
    }

    private static boolean isDeleting(Subject subject, String pod) {
        return pod(subject, pod).getMetadata().getDeletionTimestamp() != null;
    }
}
