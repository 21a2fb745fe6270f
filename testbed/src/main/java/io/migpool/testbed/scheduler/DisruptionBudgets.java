package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The PodDisruptionBudgets that preemption should respect. What they allow is read from their status, which a controller writes in
 * a cluster and a test where there is none.
 */
final class DisruptionBudgets {

    private final Supplier<List<PodDisruptionBudget>> budgets;

    DisruptionBudgets(Supplier<List<PodDisruptionBudget>> budgets) {
        this.budgets = budgets;
    }

    /** Returns the UIDs of the pods that would leave against a budget if all of them left, one after the other as they are given. */
    Set<String> violatedBy(List<PodInfo> pods) {
        var violated = new HashSet<String>();
        for (var budget : budgets.get()) {
            var left = budget.getStatus() == null
                    ? 0
                    : Objects.requireNonNullElse(budget.getStatus().getDisruptionsAllowed(), 0);
            for (var pod : pods) {
                if (covers(budget, pod) && --left < 0) {
                    violated.add(pod.uid());
                }
            }
        }
        return violated;
    }

    /** A pod whose disruption the API server has counted already is not counted again. */
    private static boolean covers(PodDisruptionBudget budget, PodInfo pod) {
        return budget.getMetadata().getNamespace().equals(pod.namespace())
                && matches(budget.getSpec().getSelector(), labels(pod))
                && (budget.getStatus() == null
                        || budget.getStatus().getDisruptedPods() == null
                        || !budget.getStatus().getDisruptedPods().containsKey(pod.name()));
    }

    private static Map<String, String> labels(PodInfo pod) {
        return Objects.requireNonNullElseGet(pod.pod().getMetadata().getLabels(), HashMap::new);
    }

    /** For the scheduler, unlike for evictions, an empty selector selects nothing. */
    private static boolean matches(LabelSelector selector, Map<String, String> labels) {
        if (selector == null
                || (selector.getMatchLabels().isEmpty()
                        && selector.getMatchExpressions().isEmpty())) {
            return false;
        }
        return labels.entrySet().containsAll(selector.getMatchLabels().entrySet())
                && selector.getMatchExpressions().stream().allMatch(requirement -> matches(requirement, labels));
    }

    private static boolean matches(LabelSelectorRequirement requirement, Map<String, String> labels) {
        var value = labels.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}
