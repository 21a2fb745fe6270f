package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes: what may be allocated on them, and their taints. */
final class NodeStrategy implements KindStrategy {
    private static final List<String> EFFECTS = List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    @Override
    public void defaults(ObjectNode object) {
        Json.child(object, "spec");
        ObjectNode status = Json.child(object, "status");
        if (status.has("capacity") && !status.has("allocatable")) {
            status.set("allocatable", Json.child(status, "capacity").deepCopy());
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode node) {
        List<FieldError> errors = new ArrayList<>();
        Set<String> unique = new HashSet<>();
        int index = 0;
        for (ObjectNode taint : Json.objects(node, "spec", "taints")) {
            String path = "metadata.taints[" + index++ + "]";
            String key = Json.text(taint, "key");
            String effect = Json.text(taint, "effect");
            if (!Names.isQualified(key)) {
                errors.add(FieldError.invalid(path + ".key", key, Names.QUALIFIED_RULE));
            }
            if (effect.isEmpty()) {
                errors.add(FieldError.required(path + ".effect", ""));
            } else {
                FieldError.oneOf(path + ".effect", effect, EFFECTS, errors);
            }
            if (!unique.add(key + ":" + effect)) {
                errors.add(FieldError.duplicate(path, key + ":" + effect));
            }
        }
        return errors;
    }
}
