package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The part of pod validation that matters to people and to our applications. */
final class PodValidation {
    private static final Set<String> RESTART_POLICIES = Set.of("Always", "OnFailure", "Never");
    private static final String MUTABLE_FIELDS =
            "pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to"
                    + " existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was"
                    + " previously negative)";

    private PodValidation() {}

    static List<FieldError> spec(String path, ObjectNode spec) {
        List<FieldError> errors = new ArrayList<>();
        if (Json.objects(spec, "containers").isEmpty()) {
            errors.add(FieldError.required(path + ".containers", ""));
        }
        Set<String> volumes = new HashSet<>();
        int index = 0;
        for (ObjectNode volume : Json.objects(spec, "volumes")) {
            String name = Json.text(volume, "name");
            if (!volumes.add(name)) {
                errors.add(FieldError.duplicate(path + ".volumes[" + index + "].name", name));
            }
            index++;
        }
        Set<String> names = new HashSet<>();
        for (String list : List.of("initContainers", "containers")) {
            index = 0;
            for (ObjectNode container : Json.objects(spec, list)) {
                container(path + "." + list + "[" + index + "]", container, names, volumes, errors);
                index++;
            }
        }
        String restartPolicy = Json.text(spec, "restartPolicy");
        if (!RESTART_POLICIES.contains(restartPolicy)) {
            errors.add(FieldError.unsupported(
                    path + ".restartPolicy", restartPolicy, "\"Always\", \"Never\", \"OnFailure\""));
        }
        return errors;
    }

    private static void container(
            String path, ObjectNode container, Set<String> names, Set<String> volumes, List<FieldError> errors) {
        String name = Json.text(container, "name");
        if (name.isEmpty()) {
            errors.add(FieldError.required(path + ".name", ""));
        } else if (!names.add(name)) {
            errors.add(FieldError.duplicate(path + ".name", name));
        } else if (!Names.isLabel(name)) {
            errors.add(FieldError.invalid(path + ".name", name, Names.LABEL_RULE));
        }
        if (Json.text(container, "image").isBlank()) {
            errors.add(FieldError.required(path + ".image", ""));
        }
        int index = 0;
        for (JsonNode mount : Json.items(container, "volumeMounts")) {
            String volume = Json.text(mount, "name");
            if (!volumes.contains(volume)) {
                errors.add(FieldError.notFound(path + ".volumeMounts[" + index + "].name", volume));
            }
            index++;
        }
        resources(path + ".resources", Json.child(container, "resources"), errors);
    }

    private static void resources(String path, ObjectNode resources, List<FieldError> errors) {
        Map<String, String> limits = Json.strings(resources, "limits");
        Map<String, String> requests = Json.strings(resources, "requests");
        limits.forEach((resource, text) -> amount(path + ".limits", resource, text, errors));
        requests.forEach((resource, text) -> {
            amount(path + ".requests", resource, text, errors);
            BigDecimal request = Quantities.value(text).orElse(BigDecimal.ZERO);
            String limitText = limits.get(resource);
            if (limitText == null) {
                if (isExtended(resource)) {
                    errors.add(FieldError.required(
                            path + ".limits", "Limit must be set for non overcommitable resources"));
                }
                return;
            }
            BigDecimal limit = Quantities.value(limitText).orElse(BigDecimal.ZERO);
            if (isExtended(resource) && request.compareTo(limit) != 0) {
                errors.add(FieldError.invalid(
                        path + ".requests", text, "must be equal to " + resource + " limit of " + limitText));
            } else if (request.compareTo(limit) > 0) {
                errors.add(FieldError.invalid(
                        path + ".requests",
                        text,
                        "must be less than or equal to " + resource + " limit of " + limitText));
            }
        });
    }

    private static void amount(String path, String resource, String text, List<FieldError> errors) {
        BigDecimal amount = Quantities.value(text).orElse(BigDecimal.ZERO);
        String field = path + "[" + resource + "]";
        if (amount.signum() < 0) {
            errors.add(FieldError.invalid(field, text, "must be greater than or equal to 0"));
        }
        if (isExtended(resource) && amount.stripTrailingZeros().scale() > 0) {
            errors.add(FieldError.invalid(field, text, "must be an integer"));
        }
    }

    private static boolean isExtended(String resource) {
        return resource.contains("/") && !resource.contains("kubernetes.io/");
    }

    /** Returns an error for each forbidden difference between two specifications. */
    static List<FieldError> update(ObjectNode before, ObjectNode after) {
        ObjectNode frozenBefore = frozen(before);
        ObjectNode frozenAfter = frozen(after);
        List<JsonNode> tolerations = Json.items(after, "tolerations");
        boolean tolerationLost = !Json.items(before, "tolerations").stream()
                .allMatch(toleration -> tolerations.stream().anyMatch(kept -> Json.same(kept, toleration)));
        boolean gateAdded = !Json.texts(before, "schedulingGates").containsAll(Json.texts(after, "schedulingGates"))
                || Json.items(after, "schedulingGates").size()
                        > Json.items(before, "schedulingGates").size();
        if (gateAdded) {
            return List.of(FieldError.forbidden(
                    "spec.schedulingGates", "only deletion is allowed, but found new scheduling gate"));
        }
        return !tolerationLost && Json.same(frozenBefore, frozenAfter)
                ? List.of()
                : List.of(FieldError.forbidden("spec", MUTABLE_FIELDS));
    }

    private static ObjectNode frozen(ObjectNode spec) {
        ObjectNode frozen = spec.deepCopy();
        frozen.remove(List.of("activeDeadlineSeconds", "tolerations", "schedulingGates"));
        for (String list : List.of("containers", "initContainers")) {
            Json.objects(frozen, list).forEach(container -> container.remove("image"));
        }
        if (Json.number(frozen, 0, "terminationGracePeriodSeconds") < 0) {
            frozen.put("terminationGracePeriodSeconds", 1);
        }
        return frozen;
    }
}
