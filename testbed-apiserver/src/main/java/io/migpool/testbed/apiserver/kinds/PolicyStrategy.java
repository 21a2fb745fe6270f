package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelEnvironment;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;
import java.util.regex.Pattern;

/** ValidatingAdmissionPolicies. */
final class PolicyStrategy implements KindStrategy {
    static final List<String> RULE_LISTS = List.of("resourceRules", "excludeResourceRules");
    private static final List<String> REASONS = List.of("Forbidden", "Invalid", "RequestEntityTooLarge");
    private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");
    private static final Pattern API_VERSION = Pattern.compile("([a-z0-9.-]+/)?[a-z]([-a-z0-9]*[a-z0-9])?");

    @Override
    public void defaults(ObjectNode object) {
        ObjectNode spec = Json.child(object, "spec");
        Json.putIfAbsent(spec, "failurePolicy", "Fail");
        if (spec.get("matchConstraints") instanceof ObjectNode constraints) {
            AdmissionErrors.defaults(constraints, RULE_LISTS);
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        ObjectNode spec = Json.child(object, "spec");
        AdmissionErrors errors = new AdmissionErrors();
        errors.failurePolicy("spec", spec);
        if (spec.get("paramKind") instanceof ObjectNode paramKind) {
            paramKind(paramKind, errors);
        }
        if (spec.get("matchConstraints") instanceof ObjectNode constraints) {
            errors.matchPolicy("spec.matchConstraints", constraints);
            errors.selectors("spec.matchConstraints", constraints);
            RULE_LISTS.forEach(
                    list -> errors.namedRules("spec.matchConstraints." + list, Json.items(constraints, list)));
            if (Json.items(constraints, "resourceRules").isEmpty()) {
                errors.add(FieldError.required("spec.matchConstraints.resourceRules", ""));
            }
        } else {
            errors.add(FieldError.required("spec.matchConstraints", ""));
        }
        CelEnvironment environment = CelEnvironment.admission();
        if (Json.has(spec, "paramKind")) {
            environment = environment.withParams();
        }
        errors.matchConditions("spec", spec, environment);
        validations(spec, variables(spec, environment, errors), errors);
        return errors.list();
    }

    private static void paramKind(ObjectNode paramKind, AdmissionErrors errors) {
        String version = Json.text(paramKind, "apiVersion");
        errors.required("spec.paramKind.apiVersion", version, "");
        if (!version.isEmpty() && !API_VERSION.matcher(version).matches()) {
            errors.add(FieldError.invalid(
                    "spec.paramKind.apiVersion", version, "unexpected GroupVersion string: " + version));
        }
        errors.required("spec.paramKind.kind", Json.text(paramKind, "kind"), "");
    }

    /** Checks the variables; returns the environment with them. */
    private static CelEnvironment variables(ObjectNode spec, CelEnvironment environment, AdmissionErrors errors) {
        List<JsonNode> variables = Json.items(spec, "variables");
        CelEnvironment declared = variables.isEmpty() ? environment : environment.withVariables();
        int index = 0;
        for (JsonNode variable : variables) {
            String path = "spec.variables[" + index++ + "]";
            String name = Json.text(variable, "name");
            errors.required(path + ".name", name, "name is not specified");
            if (!name.isBlank() && !IDENTIFIER.matcher(name).matches()) {
                errors.add(FieldError.invalid(path + ".name", name, "name is not a valid CEL identifier"));
            }
            String expression = Json.text(variable, "expression");
            errors.expression(
                    path + ".expression",
                    expression,
                    declared,
                    CelEnvironment.Result.ANYTHING,
                    "expression is not specified");
            declared = declared.withVariable(name, expression);
        }
        return declared;
    }

    private static void validations(ObjectNode spec, CelEnvironment environment, AdmissionErrors errors) {
        List<JsonNode> validations = Json.items(spec, "validations");
        if (validations.isEmpty() && Json.items(spec, "auditAnnotations").isEmpty()) {
            for (String list : List.of("validations", "auditAnnotations")) {
                errors.add(FieldError.required(
                        "spec." + list, "validations or auditAnnotations must contain at least one item"));
            }
        }
        int index = 0;
        for (JsonNode validation : validations) {
            String path = "spec.validations[" + index++ + "]";
            errors.expression(
                    path + ".expression",
                    Json.text(validation, "expression"),
                    environment,
                    CelEnvironment.Result.BOOL,
                    "expression is not specified");
            if (!Json.text(validation, "messageExpression").isEmpty()) {
                errors.expression(
                        path + ".messageExpression",
                        Json.text(validation, "messageExpression"),
                        environment,
                        CelEnvironment.Result.STRING,
                        "must be non-empty if specified");
            }
            String message = Json.text(validation, "message");
            if (message.strip().contains("\n")) {
                errors.add(FieldError.invalid(path + ".message", message, "message must not contain line breaks"));
            }
            if (Json.has(validation, "reason")) {
                errors.oneOf(path + ".reason", Json.text(validation, "reason"), REASONS);
            }
        }
    }
}
