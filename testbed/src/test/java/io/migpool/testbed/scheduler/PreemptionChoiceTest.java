package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The victims that preemption chooses, without a cluster: every node has two slots, and a pod of priority 10 needs
 * room.
 */
class PreemptionChoiceTest {

    private static final String APP = "app";

    private final FakeExtender extender = new FakeExtender();
    private final ExtenderClient client = new ExtenderClient(
            ExtenderOptions.of(extender.uri(), List.of(new ManagedResource(GPU, false))),
            new KubernetesSerialization());
    private final List<PodDisruptionBudget> budgets = new ArrayList<>();
    private final Preemption preemption = new Preemption(
            new NodeFilters(Set.of()), Optional.of(client), new DisruptionBudgets(() -> List.copyOf(budgets)));

    @AfterEach
    void stop() {
        client.close();
        extender.close();
    }

    @Test
    void aNodeWhereNoBudgetIsViolatedIsPreferred() {
        budget("guarded", 0);

        assertThat(victims(2, node("n1", pod("guarded", 2, 1)), node("n2", pod("free", 2, 5))))
                .containsExactly("free");

        assertThat(extender.preempts).singleElement().satisfies(request -> {
            assertThat(request.at("/NodeNameToMetaVictims/n1/NumPDBViolations").asInt())
                    .isOne();
            assertThat(request.at("/NodeNameToMetaVictims/n2/NumPDBViolations").asInt(-1))
                    .isZero();
        });
    }

    @Test
    void whatTheExtenderSaysOfBudgetsCounts() {
        budget("guarded", 0);
        extender.onPreempt = _ -> """
                {"NodeNameToMetaVictims": {"n1": {"Pods": [{"UID": "guarded"}], "NumPDBViolations": 0},
                                           "n2": {"Pods": [{"UID": "free"}], "NumPDBViolations": 0}}}""";

        assertThat(victims(2, node("n1", pod("guarded", 2, 1)), node("n2", pod("free", 2, 5))))
                .containsExactly("guarded");
    }

    @Test
    void aPodWithABudgetIsSparedBeforeAMoreImportantOneWithout() {
        budget("guarded", 0);

        assertThat(victims(1, node("n1", pod("guarded", 1, 1), pod("free", 1, 5))))
                .containsExactly("free");
    }

    @Test
    void aBudgetAllowsAsManyAsItsStatusSays() {
        budget(APP, 1);

        assertThat(victims(2, node("n1", pod("low-1", 1, 1), pod("low-2", 1, 1)), node("n2", pod("low-3", 2, 5))))
                .as("one of n2 within the budget, rather than two of n1 of which one is against it")
                .containsExactly("low-3");
    }

    @Test
    void budgetsOfOtherNamespacesOrOfNoPodDoNotCount() {
        budgets.add(new PodDisruptionBudgetBuilder(budgetOf("guarded", 0))
                .editMetadata()
                .withNamespace("elsewhere")
                .endMetadata()
                .build());
        budgets.add(new PodDisruptionBudgetBuilder(budgetOf("guarded", 0))
                .editSpec()
                .withNewSelector()
                .endSelector()
                .endSpec()
                .build());

        assertThat(victims(2, node("n1", pod("guarded", 2, 1)), node("n2", pod("free", 2, 5))))
                .containsExactly("guarded");
    }

    @Test
    void aDisruptionThatIsCountedAlreadyIsNotCountedAgain() {
        budgets.add(new PodDisruptionBudgetBuilder(budgetOf("guarded", 0))
                .editStatus()
                .addToDisruptedPods("guarded", "2026-11-29T09:00:00Z")
                .endStatus()
                .build());

        assertThat(victims(2, node("n1", pod("guarded", 2, 1)), node("n2", pod("free", 2, 5))))
                .containsExactly("guarded");
    }

    @Test
    void ofEquallyImportantVictimsThoseThatMatterLessTogetherLeave() {
        assertThat(victims(
                        2,
                        node("n1", pod("a-5", 1, 5), pod("b-4", 1, 4)),
                        node("n2", pod("c-5", 1, 5), pod("d-1", 1, 1))))
                .containsExactly("c-5", "d-1");
        assertThat(victims(2, node("n1", pod("a-5", 1, 5), pod("b-1", 1, 1)), node("n2", pod("c-5", 2, 5))))
                .as("one pod weighs less than the same one and another")
                .containsExactly("c-5");
    }

    private List<String> victims(int gpus, NodeInfo... nodes) {
        Map<String, Unfit> unfit = new TreeMap<>();
        for (NodeInfo node : nodes) {
            unfit.put(node.name(), Unfit.forNow("Insufficient " + GPU));
        }
        Preemption.Outcome outcome = preemption.attempt(pod("high", gpus, 10), List.of(nodes), unfit, Optional.empty());
        assertThat(outcome).isInstanceOf(Preemption.Outcome.Room.class);
        return ((Preemption.Outcome.Room) outcome)
                .victims().stream().map(PodInfo::name).toList();
    }

    /** A budget for the pod of that name, or for all of them. */
    private void budget(String pod, int allowed) {
        budgets.add(budgetOf(pod, allowed));
    }

    private static PodDisruptionBudget budgetOf(String pod, int allowed) {
        return new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("budget-" + pod)
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addNewMatchExpression()
                .withKey(pod.equals(APP) ? APP : "name")
                .withOperator(pod.equals(APP) ? "Exists" : "In")
                .withValues(pod.equals(APP) ? List.of() : List.of(pod))
                .endMatchExpression()
                .endSelector()
                .endSpec()
                .withNewStatus()
                .withDisruptionsAllowed(allowed)
                .endStatus()
                .build();
    }

    private static PodInfo pod(String name, int gpus, int priority) {
        return PodInfo.of(new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid(name)
                .addToLabels("name", name)
                .addToLabels(APP, "any")
                .endMetadata()
                .withNewSpec()
                .withPriority(priority)
                .addNewContainer()
                .withName("main")
                .withNewResources()
                .addToLimits(GPU, new Quantity(Integer.toString(gpus)))
                .endResources()
                .endContainer()
                .endSpec()
                .build());
    }

    private static NodeInfo node(String name, PodInfo... pods) {
        return new NodeInfo(
                new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .addToAllocatable(GPU, new Quantity("2"))
                        .addToAllocatable("pods", new Quantity("110"))
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build(),
                List.of(pods));
    }
}
