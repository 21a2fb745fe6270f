package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelExpression;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** Webhooks and policies: fills in defaults, and checks that expressions compile. */
final class AdmissionConfigurationStrategy implements KindStrategy {
    @Override
    public void defaults(ObjectNode object) {
        for (ObjectNode webhook : Json.objects(object, "webhooks")) {
            Json.putIfAbsent(webhook, "failurePolicy", "Fail");
            Json.putIfAbsent(webhook, "matchPolicy", "Equivalent");
            Json.putIfAbsent(webhook, "timeoutSeconds", 10);
            Json.child(webhook, "namespaceSelector");
            Json.child(webhook, "objectSelector");
            if (object.path("kind").asText().startsWith("Mutating")) {
                Json.putIfAbsent(webhook, "reinvocationPolicy", "Never");
            }
            Json.objects(webhook, "rules").forEach(rule -> Json.putIfAbsent(rule, "scope", "*"));
            if (Json.at(webhook, "clientConfig", "service") instanceof ObjectNode service) {
                Json.putIfAbsent(service, "port", 443);
            }
        }
        if (object.path("kind").asText().equals("ValidatingAdmissionPolicy")) {
            Json.putIfAbsent(Json.child(object, "spec"), "failurePolicy", "Fail");
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        int index = 0;
        for (JsonNode webhook : Json.items(object, "webhooks")) {
            compile("webhooks[" + index + "].matchConditions", Json.items(webhook, "matchConditions"), errors);
            index++;
        }
        for (String list : List.of("matchConditions", "variables", "validations")) {
            compile("spec." + list, Json.items(object, "spec", list), errors);
        }
        return errors;
    }

    private static void compile(String path, List<JsonNode> holders, List<FieldError> errors) {
        int index = 0;
        for (JsonNode holder : holders) {
            for (String field : List.of("expression", "messageExpression")) {
                String text = Json.text(holder, field);
                if (!text.isEmpty()) {
                    compile(path + "[" + index + "]." + field, text, errors);
                }
            }
            index++;
        }
    }

    private static void compile(String field, String text, List<FieldError> errors) {
        try {
            CelExpression.compile(text);
        } catch (CelExpression.CelException e) {
            errors.add(FieldError.invalid(field, text, e.message()));
        }
    }
}
