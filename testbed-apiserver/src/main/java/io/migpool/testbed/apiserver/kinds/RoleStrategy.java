package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** The rules of Roles and ClusterRoles. */
final class RoleStrategy implements KindStrategy {

    @Override
    public List<FieldError> validate(ObjectNode role) {
        boolean namespaced = role.path("kind").asText().equals("Role");
        List<FieldError> errors = new ArrayList<>();
        int index = 0;
        for (JsonNode rule : Json.items(role, "rules")) {
            rule("rules[" + index++ + "]", rule, namespaced, errors);
        }
        return errors;
    }

    private static void rule(String path, JsonNode rule, boolean namespaced, List<FieldError> errors) {
        if (Json.texts(rule, "verbs").isEmpty()) {
            errors.add(FieldError.required(path + ".verbs", "verbs must contain at least one value"));
        }
        List<String> groups = Json.texts(rule, "apiGroups");
        List<String> resources = Json.texts(rule, "resources");
        List<String> urls = Json.texts(rule, "nonResourceURLs");
        if (!urls.isEmpty()) {
            if (namespaced) {
                errors.add(FieldError.invalid(
                        path + ".nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs"));
            }
            if (!groups.isEmpty()
                    || !resources.isEmpty()
                    || !Json.texts(rule, "resourceNames").isEmpty()) {
                errors.add(FieldError.invalid(
                        path + ".nonResourceURLs",
                        urls,
                        "rules cannot apply to both regular resources and non-resource URLs"));
            }
            return;
        }
        if (groups.isEmpty()) {
            errors.add(FieldError.required(path + ".apiGroups", "resource rules must supply at least one api group"));
        }
        if (resources.isEmpty()) {
            errors.add(FieldError.required(path + ".resources", "resource rules must supply at least one resource"));
        }
    }
}
