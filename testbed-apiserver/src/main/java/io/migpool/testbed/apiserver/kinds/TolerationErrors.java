package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;

/** What is wrong in the tolerations of a pod. */
final class TolerationErrors {
    private static final List<String> OPERATORS = List.of("", "Equal", "Exists");
    private static final List<String> EFFECTS = List.of("", "NoSchedule", "PreferNoSchedule", "NoExecute");

    private TolerationErrors() {}

    static void check(String path, ObjectNode spec, List<FieldError> errors) {
        int index = 0;
        for (ObjectNode toleration : Json.objects(spec, "tolerations")) {
            toleration(path + "[" + index++ + "]", toleration, errors);
        }
    }

    private static void toleration(String path, ObjectNode toleration, List<FieldError> errors) {
        String key = Json.text(toleration, "key");
        String operator = Json.text(toleration, "operator");
        String effect = Json.text(toleration, "effect");
        if (!key.isEmpty() && !Names.isQualified(key)) {
            errors.add(FieldError.invalid(path + ".key", key, Names.QUALIFIED_RULE));
        }
        if (key.isEmpty() && !operator.equals("Exists")) {
            errors.add(FieldError.invalid(
                    path + ".operator",
                    operator,
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""));
        }
        if (operator.equals("Exists") && !Json.text(toleration, "value").isEmpty()) {
            errors.add(FieldError.invalid(
                    path + ".operator", toleration, "value must be empty when `operator` is 'Exists'"));
        }
        if (Json.has(toleration, "tolerationSeconds") && !effect.equals("NoExecute")) {
            errors.add(FieldError.invalid(
                    path + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
        }
        FieldError.oneOf(path + ".operator", operator, OPERATORS, errors);
        FieldError.oneOf(path + ".effect", effect, EFFECTS, errors);
    }
}
