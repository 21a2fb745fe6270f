package io.migpool.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Decides from the pods themselves whether a budget allows one more to go; there is no controller that counts ahead. */
final class DisruptionBudgets {
    private DisruptionBudgets() {}

    /** Throws 429 if a budget that covers the pod is used up. A pod that does not run disrupts nobody. */
    static void requireDisruptable(ObjectStore store, ObjectKey key, ObjectNode pod) {
        if (!isHealthy(pod)) {
            return;
        }
        List<ObjectNode> pods = store.list(ResourceKinds.PODS, key.namespace()).items();
        for (ObjectNode budget :
                store.list(ResourceKinds.DISRUPTION_BUDGETS, key.namespace()).items()) {
            LabelSelector selector = LabelSelector.of(budget.path("spec").path("selector"));
            if (!selector.matches(Json.strings(pod, "metadata", "labels"))) {
                continue;
            }
            List<ObjectNode> covered = pods.stream()
                    .filter(other -> selector.matches(Json.strings(other, "metadata", "labels")))
                    .toList();
            long healthy = covered.stream().filter(DisruptionBudgets::isHealthy).count();
            if (healthy - 1 < required(budget, covered.size())) {
                throw ApiException.of(
                                429,
                                "TooManyRequests",
                                "Cannot evict pod as it would violate the pod's disruption budget.")
                        .retryAfter(10);
            }
        }
    }

    private static long required(ObjectNode budget, int expected) {
        JsonNode minimum = Json.at(budget, "spec", "minAvailable");
        JsonNode maximum = Json.at(budget, "spec", "maxUnavailable");
        if (minimum != null) {
            return scaled(minimum, expected);
        }
        return maximum == null ? 0 : expected - scaled(maximum, expected);
    }

    private static long scaled(JsonNode amount, int expected) {
        String text = amount.asText();
        if (!text.endsWith("%")) {
            return amount.asLong();
        }
        return Math.ceilDiv(Long.parseLong(text.substring(0, text.length() - 1)) * expected, 100);
    }

    private static boolean isHealthy(ObjectNode pod) {
        return Json.text(pod, "status", "phase").equals("Running")
                && !ObjectMeta.isDeleting(pod)
                && Json.objects(pod, "status", "conditions").stream()
                        .filter(condition -> Json.text(condition, "type").equals("Ready"))
                        .allMatch(condition -> Json.text(condition, "status").equals("True"));
    }
}
