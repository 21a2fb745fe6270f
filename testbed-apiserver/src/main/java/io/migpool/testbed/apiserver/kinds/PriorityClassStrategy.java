package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.util.List;
import java.util.Set;

/** PriorityClasses. */
final class PriorityClassStrategy implements KindStrategy {
    private static final Set<String> OF_THE_SYSTEM = Set.of("system-cluster-critical", "system-node-critical");
    private static final long HIGHEST_OF_USERS = 1_000_000_000;

    @Override
    public void defaults(ObjectNode object) {
        Json.putIfAbsent(object, "preemptionPolicy", "PreemptLowerPriority");
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        String name = ObjectMeta.name(object);
        if (OF_THE_SYSTEM.contains(name)) {
            return List.of();
        }
        if (name.startsWith("system-")) {
            return List.of(FieldError.forbidden(
                    "metadata.name",
                    "priority class names with 'system-' prefix are reserved for system use only. error: " + name
                            + " is not a known system priority class"));
        }
        return Json.number(object, 0, "value") > HIGHEST_OF_USERS
                ? List.of(
                        FieldError.forbidden("value", "maximum allowed value of a user defined priority is 1000000000"))
                : List.of();
    }
}
