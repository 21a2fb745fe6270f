package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.selectors.LabelSelector;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;

/**
 * Decides from the pods themselves whether a budget allows one more to go, because there is no disruption controller.
 */
final class DisruptionBudgets {
    private DisruptionBudgets() {}

    /**
     * Throws 429 if the pod's budget is used up, and 500 if several budgets cover it. A pod that is not running needs
     * no budget.
     */
    static void requireDisruptable(ObjectStore store, ObjectKey key, ObjectNode pod) {
        if (!Json.text(pod, "status", "phase").equals("Running") || ObjectMeta.isDeleting(pod)) {
            return;
        }
        List<ObjectNode> budgets = store.list(ResourceKinds.DISRUPTION_BUDGETS, key.namespace()).items().stream()
                .filter(budget -> covers(budget, pod))
                .toList();
        if (budgets.size() > 1) {
            throw ApiException.of(
                    500,
                    "InternalError",
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }
        if (!budgets.isEmpty()) {
            requireRoom(store, key, budgets.getFirst(), pod);
        }
    }

    private static void requireRoom(ObjectStore store, ObjectKey key, ObjectNode budget, ObjectNode pod) {
        List<ObjectNode> covered = store.list(ResourceKinds.PODS, key.namespace()).items().stream()
                .filter(other -> covers(budget, other))
                .toList();
        long healthy = covered.stream().filter(DisruptionBudgets::isHealthy).count();
        long required = required(budget, covered.size());
        // An unready pod is not counted, so it may go where enough others are healthy.
        boolean always = Json.text(budget, "spec", "unhealthyPodEvictionPolicy").equals("AlwaysAllow");
        boolean uncounted = !isHealthy(pod) && (always || (healthy >= required && required > 0));
        if (healthy <= required && !uncounted) {
            throw ApiException.of(
                            429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.")
                    .cause(
                            "DisruptionBudget",
                            "The disruption budget " + ObjectMeta.name(budget) + " needs " + required
                                    + " healthy pods and has " + healthy + " currently");
        }
    }

    /** Without a selector a budget covers nothing, with an empty one it covers every pod of its namespace. */
    private static boolean covers(ObjectNode budget, ObjectNode pod) {
        JsonNode selector = Json.at(budget, "spec", "selector");
        return selector != null && LabelSelector.of(selector).matches(Json.strings(pod, "metadata", "labels"));
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
                        .anyMatch(condition -> Json.text(condition, "type").equals("Ready")
                                && Json.text(condition, "status").equals("True"));
    }
}
