package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;

/** ValidatingAdmissionPolicyBindings. */
final class PolicyBindingStrategy implements KindStrategy {
    private static final List<String> ACTIONS = List.of("Audit", "Deny", "Warn");

    @Override
    public void defaults(ObjectNode object) {
        if (Json.at(object, "spec", "matchResources") instanceof ObjectNode resources) {
            AdmissionErrors.defaults(resources, PolicyStrategy.RULE_LISTS);
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        ObjectNode spec = Json.child(object, "spec");
        AdmissionErrors errors = new AdmissionErrors();
        String policy = Json.text(spec, "policyName");
        errors.required("spec.policyName", policy, "");
        if (!policy.isEmpty() && !Names.isSubdomain(policy)) {
            errors.add(FieldError.invalid("spec.policyName", policy, Names.SUBDOMAIN_RULE));
        }
        if (spec.get("paramRef") instanceof ObjectNode paramRef) {
            paramRef(paramRef, errors);
        }
        if (spec.get("matchResources") instanceof ObjectNode resources) {
            errors.matchPolicy("spec.matchResources", resources);
            errors.selectors("spec.matchResources", resources);
            PolicyStrategy.RULE_LISTS.forEach(
                    list -> errors.namedRules("spec.matchResources." + list, Json.items(resources, list)));
        }
        actions(spec, errors);
        return errors.list();
    }

    private static void paramRef(ObjectNode paramRef, AdmissionErrors errors) {
        boolean named = !Json.text(paramRef, "name").isEmpty();
        boolean selected = Json.has(paramRef, "selector");
        if (named && selected) {
            errors.add(FieldError.forbidden("spec.paramRef.name", "name and selector are mutually exclusive"));
            errors.add(FieldError.forbidden("spec.paramRef.selector", "name and selector are mutually exclusive"));
        } else if (!named && !selected) {
            errors.add(FieldError.required("spec.paramRef", "one of name or selector must be specified"));
        }
        String missing = Json.text(paramRef, "parameterNotFoundAction");
        if (missing.isEmpty()) {
            errors.add(FieldError.required("spec.paramRef.parameterNotFoundAction", ""));
        } else {
            errors.oneOf("spec.paramRef.parameterNotFoundAction", missing, List.of("Deny", "Allow"));
        }
    }

    private static void actions(ObjectNode spec, AdmissionErrors errors) {
        String field = "spec.validationActions";
        List<String> actions = Json.texts(spec, "validationActions");
        for (int i = 0; i < actions.size(); i++) {
            errors.oneOf(field + "[" + i + "]", actions.get(i), ACTIONS);
            if (actions.indexOf(actions.get(i)) < i) {
                errors.add(FieldError.duplicate(field + "[" + i + "]", actions.get(i)));
            }
        }
        if (actions.contains("Deny") && actions.contains("Warn")) {
            errors.add(FieldError.invalid(
                    field,
                    spec.get("validationActions"),
                    "must not contain both Deny and Warn (repeating the same validation failure information in the API"
                            + " response and headers serves no purpose)"));
        }
        if (actions.isEmpty()) {
            errors.add(FieldError.required(field, "at least one validation action is required"));
        }
    }
}
