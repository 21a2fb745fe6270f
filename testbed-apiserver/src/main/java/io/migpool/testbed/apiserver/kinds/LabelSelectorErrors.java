package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** What is wrong in a label selector of an API type. */
final class LabelSelectorErrors {
    private final List<FieldError> errors = new ArrayList<>();

    private LabelSelectorErrors() {}

    /** Returns the errors in the selector; none if there is no selector. */
    static List<FieldError> of(String path, JsonNode selector) {
        LabelSelectorErrors found = new LabelSelectorErrors();
        Json.strings(selector, "matchLabels").forEach((key, value) -> {
            found.key(path + ".matchLabels", key);
            found.value(path + ".matchLabels", value);
        });
        int index = 0;
        for (JsonNode expression : Json.items(selector, "matchExpressions")) {
            found.expression(path + ".matchExpressions[" + index++ + "]", expression);
        }
        return found.errors;
    }

    private void expression(String path, JsonNode expression) {
        List<String> values = Json.texts(expression, "values");
        String operator = Json.text(expression, "operator");
        switch (operator) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    errors.add(FieldError.required(
                            path + ".values", "must be specified when `operator` is 'In' or 'NotIn'"));
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    errors.add(FieldError.forbidden(
                            path + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
                }
            }
            default -> errors.add(FieldError.invalid(path + ".operator", operator, "not a valid selector operator"));
        }
        key(path + ".key", Json.text(expression, "key"));
        for (int i = 0; i < values.size(); i++) {
            value(path + ".values[" + i + "]", values.get(i));
        }
    }

    private void key(String field, String key) {
        if (!Names.isQualified(key)) {
            errors.add(FieldError.invalid(field, key, Names.QUALIFIED_RULE));
        }
    }

    private void value(String field, String value) {
        if (!Names.isLabelValue(value)) {
            errors.add(FieldError.invalid(field, value, Names.LABEL_VALUE_RULE));
        }
    }
}
