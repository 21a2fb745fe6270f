package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelExpression;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;
import java.util.Map;

/**
 * Applies the stored ValidatingAdmissionPolicies; a policy without a binding does nothing, and parameters are not
 * supported.
 */
final class PolicyAdmission implements Admission {
    private static final Map<String, Integer> CODES =
            Map.of("Invalid", 422, "Forbidden", 403, "Unauthorized", 401, "RequestEntityTooLarge", 413);

    private final ObjectStore store;
    private final AdmissionRules rules;
    private final CelConditions conditions;

    PolicyAdmission(ObjectStore store, AdmissionRules rules, CelConditions conditions) {
        this.store = store;
        this.rules = rules;
        this.conditions = conditions;
    }

    @Override
    public void validate(AdmissionRequest request) {
        for (ObjectNode binding :
                store.list(ResourceKinds.VALIDATING_POLICY_BINDINGS, "").items()) {
            String name = Json.text(binding, "spec", "policyName");
            store.get(new ObjectKey(ResourceKinds.VALIDATING_POLICIES, "", name))
                    .ifPresent(policy -> apply(policy, binding, request));
        }
    }

    private void apply(ObjectNode policy, ObjectNode binding, AdmissionRequest request) {
        JsonNode constraints = policy.path("spec").path("matchConstraints");
        JsonNode narrowed = binding.path("spec").path("matchResources");
        if (!matches(constraints, request) || (!narrowed.isEmpty() && !matches(narrowed, request))) {
            return;
        }
        try {
            if (!conditions.hold(Json.items(policy, "spec", "matchConditions"), request)) {
                return;
            }
        } catch (CelExpression.CelException e) {
            failed(policy, binding, request, e.message());
            return;
        }
        Map<String, Object> variables = conditions.variables(request, Json.items(policy, "spec", "variables"));
        for (JsonNode validation : Json.items(policy, "spec", "validations")) {
            check(policy, binding, request, validation, variables);
        }
    }

    private boolean matches(JsonNode constraints, AdmissionRequest request) {
        List<JsonNode> included = Json.items(constraints, "resourceRules");
        List<JsonNode> excluded = Json.items(constraints, "excludeResourceRules");
        boolean selected = included.isEmpty()
                ? rules.selectorsMatch(constraints, request)
                : rules.match(constraints, included, request);
        return selected && excluded.stream().noneMatch(rule -> rules.covers(rule, request));
    }

    private void check(
            ObjectNode policy,
            ObjectNode binding,
            AdmissionRequest request,
            JsonNode validation,
            Map<String, Object> variables) {
        String expression = Json.text(validation, "expression");
        try {
            if (conditions.expression(expression).isTrue(variables)) {
                return;
            }
        } catch (CelExpression.CelException e) {
            failed(policy, binding, request, e.message());
            return;
        }
        String reason = Json.text(validation, "reason");
        act(policy, binding, request, reason.isEmpty() ? "Invalid" : reason, message(validation, variables));
    }

    private String message(JsonNode validation, Map<String, Object> variables) {
        String fallback = Json.text(validation, "message").isEmpty()
                ? "failed expression: " + Json.text(validation, "expression").strip()
                : Json.text(validation, "message");
        String expression = Json.text(validation, "messageExpression");
        if (expression.isEmpty()) {
            return fallback;
        }
        try {
            return conditions.expression(expression).evaluate(variables) instanceof String message && !message.isBlank()
                    ? message
                    : fallback;
        } catch (CelExpression.CelException e) {
            return fallback;
        }
    }

    private void failed(ObjectNode policy, ObjectNode binding, AdmissionRequest request, String why) {
        if (!Json.text(policy, "spec", "failurePolicy").equals("Ignore")) {
            act(policy, binding, request, "Invalid", why);
        }
    }

    private void act(ObjectNode policy, ObjectNode binding, AdmissionRequest request, String reason, String message) {
        List<String> actions = Json.texts(binding, "spec", "validationActions");
        String names = "ValidatingAdmissionPolicy '" + ObjectMeta.name(policy) + "' with binding '"
                + ObjectMeta.name(binding) + '\'';
        if (actions.contains("Warn")) {
            request.context().warn("Validation failed for " + names + ": " + message);
        }
        if (actions.contains("Deny")) {
            String text = request.kind().qualifiedResource() + " \""
                    + request.key().name() + "\" is forbidden: " + names + " denied request: " + message;
            throw ApiException.of(CODES.getOrDefault(reason, 422), reason, text);
        }
    }
}
