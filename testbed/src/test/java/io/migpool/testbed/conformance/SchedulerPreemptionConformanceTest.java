package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static io.migpool.testbed.conformance.SchedulerRig.onlyFor;
import static io.migpool.testbed.conformance.SchedulerRig.passingRefusal;
import static io.migpool.testbed.conformance.SchedulerRig.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How the scheduler makes room for pods with a higher priority. Every test has nodes and a scheduler of its own. */
@ExtendWith(Subject.Provider.class)
class SchedulerPreemptionConformanceTest {

    private SchedulerRig rig;

    @BeforeEach
    void start(Subject subject) throws Exception {
        rig = new SchedulerRig(subject);
    }

    @AfterEach
    void stop() {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void aPodOfHigherPriorityMakesOneLeaveAfterTheExtenderWasAskedWhom() {
        String node = rig.node("a", 1);
        rig.submit("low", SLICE);
        rig.awaitBound("low");
        String victim = rig.subject.at("low").require().getMetadata().getUid();

        rig.submitImportant("high", SLICE);

        await("the extender is asked").atMost(SOON).until(() -> !rig.extender.preempts.isEmpty());
        assertThat(rig.extender
                        .preempts
                        .getFirst()
                        .path("NodeNameToMetaVictims")
                        .path(node)
                        .at("/Pods/0/UID")
                        .asText())
                .isEqualTo(victim);
        await("the victim is asked to leave").atMost(SOON).until(() -> isLeaving("low"));
        rig.subject.at("low").withGracePeriod(0).delete();
        assertThat(rig.awaitBound("high")).isEqualTo(node);
    }

    @Test
    void theNodeThatAVictimHasLeftIsOfferedAlone() {
        rig.node("a", 1);
        rig.node("b", 1);
        rig.submit("low-one", SLICE);
        rig.submit("low-two", SLICE);
        String one = rig.awaitBound("low-one");
        String two = rig.awaitBound("low-two");
        rig.submitImportant("high", SLICE);
        await("the victim is asked to leave").atMost(SOON).until(() -> isLeaving("low-one") || isLeaving("low-two"));
        boolean oneLeaves = isLeaving("low-one");
        String nominated = oneLeaves ? one : two;
        String free = oneLeaves ? two : one;
        await("the node is nominated").atMost(SOON).until(() -> nominated.equals(nominatedNode("high")));
        rig.extender.onFilter = onlyFor("high", refusal(free, "not yet"));
        rig.subject.at(oneLeaves ? "low-two" : "low-one").withGracePeriod(0).delete();
        await("the other node is offered").atMost(SOON).until(() -> rig.extender.filtersOf("high") > 0);
        rig.extender.onFilter = EVERY_NODE;
        int before = rig.extender.filters.size();

        rig.subject.at(oneLeaves ? "low-one" : "low-two").withGracePeriod(0).delete();

        assertThat(rig.awaitBound("high")).isEqualTo(nominated);
        assertThat(rig.extender.filtered(before)).containsExactly(nominated);
    }

    private @Nullable String nominatedNode(String pod) {
        return rig.subject.at(pod).require().getStatus().getNominatedNodeName();
    }

    @Test
    void aNodeThatOnlyTheExtenderRefusesHasNoVictims() {
        String node = rig.node("a", 2);
        rig.submit("low", SLICE);
        rig.awaitBound("low");
        rig.extender.onFilter = onlyFor("high", passingRefusal(node, "no free slice"));

        rig.submitImportant("high", SLICE);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(rig.message("high")).contains("expected at least one victim pod"));
        assertThat(isLeaving("low")).isFalse();
        assertThat(rig.extender.preempts).isEmpty();
    }

    @Test
    void aNodeThatIsRefusedForGoodIsNotTriedForPreemption() {
        String node = rig.node("a", 2);
        rig.submit("low", SLICE);
        rig.awaitBound("low");
        rig.extender.onFilter = onlyFor("high", refusal(node, "wrong kind"));

        rig.submitImportant("high", SLICE);

        await().atMost(SOON).untilAsserted(() -> assertThat(rig.message("high"))
                .contains("1 wrong kind")
                .contains("1 Preemption is not helpful for scheduling"));
        assertThat(isLeaving("low")).isFalse();
        assertThat(rig.extender.preempts).isEmpty();
    }

    @Test
    void whereNothingOfLowerPriorityRunsThereAreNoVictims() {
        String node = rig.node("a", 2);
        rig.extender.onFilter = _ -> passingRefusal(node, "no free slice");

        rig.submit("p", SLICE);

        await().atMost(SOON).untilAsserted(() -> assertThat(rig.message("p"))
                .contains("1 no free slice")
                .contains("1 No preemption victims found for incoming pod"));
    }

    @Test
    void aNodeWhereNoBudgetIsViolatedIsPreferred() {
        String guarded = rig.node("a", 1);
        rig.submit(rig.subject
                .pod("guarded", SLICE)
                .editMetadata()
                .addToLabels("app", "guarded")
                .endMetadata());
        rig.awaitBound("guarded");
        rig.node("b", 1);
        rig.submit("free", SLICE);
        rig.awaitBound("free");
        allowNoDisruptionOf("guarded");
        // The scheduler does not say whether it knows the budget already.
        var agree = rig.extender.onPreempt;
        rig.extender.onPreempt =
                request -> violations(request, guarded) == 1 ? agree.apply(request) : "{\"NodeNameToMetaVictims\":{}}";

        rig.submitImportant("high", SLICE);

        AtomicInteger look = new AtomicInteger();
        await("the victim without a budget is asked to leave").atMost(SOON).until(() -> {
            rig.annotateNode(guarded, "example.com/look", Integer.toString(look.incrementAndGet()));
            return isLeaving("free");
        });
        assertThat(isLeaving("guarded")).isFalse();
    }

    private static int violations(JsonNode request, String node) {
        return request.path("NodeNameToMetaVictims")
                .path(node)
                .path("NumPDBViolations")
                .asInt();
    }

    /** Writes the status too, for no controller does. */
    private void allowNoDisruptionOf(String app) {
        PodDisruptionBudget budget = rig.subject
                .client()
                .resource(new PodDisruptionBudgetBuilder()
                        .withNewMetadata()
                        .withNamespace(rig.subject.namespace())
                        .withName(app)
                        .endMetadata()
                        .withNewSpec()
                        .withMinAvailable(new IntOrString(1))
                        .withNewSelector()
                        .addToMatchLabels("app", app)
                        .endSelector()
                        .endSpec()
                        .build())
                .create();
        rig.subject
                .client()
                .resource(budget)
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"status\": {\"observedGeneration\": %d, \"expectedPods\": 1, \"currentHealthy\": 1, \"desiredHealthy\": 1, \"disruptionsAllowed\": 0}}"
                                .formatted(budget.getMetadata().getGeneration()));
    }

    private boolean isLeaving(String pod) {
        return Optional.ofNullable(rig.subject.at(pod).get())
                .map(left -> left.getMetadata().getDeletionTimestamp())
                .isPresent();
    }
}
