package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.time.Clock;

/** Conditions that the server itself sets in a pod's status. */
final class PodConditions {
    private PodConditions() {}

    /** Sets a condition to true, in the place of the one of its type; a pod that has the very condition stays as it is. */
    static void setTrue(ObjectNode pod, String type, String reason, String message, Clock clock) {
        ObjectNode condition = Json.object().put("type", type).put("status", "True");
        if (!reason.isEmpty()) {
            condition.put("reason", reason).put("message", message);
        }
        ArrayNode conditions = Json.child(pod, "status").withArrayProperty("conditions");
        for (int i = 0; i < conditions.size(); i++) {
            if (Json.text(conditions.get(i), "type").equals(type)) {
                boolean wasTrue = Json.text(conditions.get(i), "status").equals("True");
                String since = Json.text(conditions.get(i), "lastTransitionTime");
                conditions.set(
                        i,
                        condition.put(
                                "lastTransitionTime", wasTrue && !since.isEmpty() ? since : ObjectMeta.now(clock)));
                return;
            }
        }
        conditions.add(condition.put("lastTransitionTime", ObjectMeta.now(clock)));
    }
}
