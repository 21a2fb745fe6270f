package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelEnvironment;
import io.migpool.testbed.apiserver.cel.CelExpression;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects the errors in a webhook configuration or a policy, and checks what both have in common. */
final class AdmissionErrors {
    private static final int MOST_CONDITIONS = 64;
    private static final List<String> OPERATIONS = List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

    private final List<FieldError> errors = new ArrayList<>();

    List<FieldError> list() {
        return errors;
    }

    void add(FieldError error) {
        errors.add(error);
    }

    void required(String field, String value, String detail) {
        if (value.isBlank()) {
            errors.add(FieldError.required(field, detail));
        }
    }

    void oneOf(String field, String value, List<String> supported) {
        FieldError.oneOf(field, value, supported, errors);
    }

    void failurePolicy(String path, JsonNode holder) {
        oneOf(path + ".failurePolicy", Json.text(holder, "failurePolicy"), List.of("Fail", "Ignore"));
    }

    void matchPolicy(String path, JsonNode holder) {
        oneOf(path + ".matchPolicy", Json.text(holder, "matchPolicy"), List.of("Equivalent", "Exact"));
    }

    void selectors(String path, JsonNode holder) {
        for (String selector : List.of("namespaceSelector", "objectSelector")) {
            errors.addAll(LabelSelectorErrors.of(path + "." + selector, holder.path(selector)));
        }
    }

    /** Checks rules that may name single objects, as those of policies do. */
    void namedRules(String path, List<JsonNode> rules) {
        int index = 0;
        for (JsonNode rule : rules) {
            String field = path + "[" + index++ + "].resourceNames";
            List<String> names = Json.texts(rule, "resourceNames");
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                String wrong = Names.wrongInPath(name);
                if (!wrong.isEmpty()) {
                    errors.add(FieldError.invalid(field + "[" + i + "]", name, wrong));
                }
                if (names.indexOf(name) < i) {
                    errors.add(FieldError.duplicate(field + "[" + i + "]", name));
                }
            }
        }
        rules(path, rules);
    }

    void rules(String path, List<JsonNode> rules) {
        int index = 0;
        for (JsonNode rule : rules) {
            String field = path + "[" + index++ + "]";
            for (String list : List.of("operations", "apiGroups", "apiVersions", "resources")) {
                List<String> values = Json.texts(rule, list);
                if (values.isEmpty()) {
                    errors.add(FieldError.required(field + "." + list, ""));
                } else if (values.size() > 1 && values.contains("*") && !list.equals("resources")) {
                    errors.add(FieldError.invalid(
                            field + "." + list, rule.get(list), "if '*' is present, must not specify others"));
                }
            }
            int operation = 0;
            for (String value : Json.texts(rule, "operations")) {
                oneOf(field + ".operations[" + operation++ + "]", value, OPERATIONS);
            }
            oneOf(field + ".scope", Json.text(rule, "scope"), List.of("*", "Cluster", "Namespaced"));
        }
    }

    void matchConditions(String path, JsonNode holder, CelEnvironment environment) {
        List<JsonNode> conditions = Json.items(holder, "matchConditions");
        String list = path + ".matchConditions";
        if (conditions.size() > MOST_CONDITIONS) {
            errors.add(FieldError.tooMany(list, conditions.size(), MOST_CONDITIONS));
        }
        Set<String> names = new HashSet<>();
        int index = 0;
        for (JsonNode condition : conditions) {
            String field = list + "[" + index++ + "]";
            String name = Json.text(condition, "name");
            expression(
                    field + ".expression",
                    Json.text(condition, "expression"),
                    environment,
                    CelEnvironment.Result.BOOL,
                    "");
            if (name.isEmpty()) {
                errors.add(FieldError.required(field + ".name", ""));
            } else if (!Names.isQualified(name)) {
                errors.add(FieldError.invalid(field + ".name", name, Names.QUALIFIED_RULE));
            } else if (!names.add(name)) {
                errors.add(FieldError.duplicate(field + ".name", name));
            }
        }
    }

    /** Requires an expression that compiles; {@code missing} says so if there is none. */
    void expression(
            String field, String text, CelEnvironment environment, CelEnvironment.Result result, String missing) {
        if (text.isBlank()) {
            errors.add(FieldError.required(field, missing));
            return;
        }
        try {
            environment.check(text, result);
        } catch (CelExpression.CelException e) {
            errors.add(FieldError.invalid(field, text, e.message()));
        }
    }

    /** Fills in the defaults of what a webhook or a policy applies to. */
    static void defaults(ObjectNode constraints, List<String> ruleLists) {
        Json.putIfAbsent(constraints, "matchPolicy", "Equivalent");
        Json.child(constraints, "namespaceSelector");
        Json.child(constraints, "objectSelector");
        for (String list : ruleLists) {
            Json.objects(constraints, list).forEach(rule -> Json.putIfAbsent(rule, "scope", "*"));
        }
    }
}
