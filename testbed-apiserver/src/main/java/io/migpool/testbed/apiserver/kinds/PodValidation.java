package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** The part of pod validation that matters to people and to our applications. */
final class PodValidation {
    private static final List<String> RESTART_POLICIES = List.of("Always", "Never", "OnFailure");
    private static final List<String> DNS_POLICIES =
            List.of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
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
        VolumeErrors.check(path + ".volumes", spec, errors);
        ContainerErrors containers = new ContainerErrors(spec, errors);
        containers.check(path, "initContainers");
        containers.check(path, "containers");
        TolerationErrors.check(path + ".tolerations", spec, errors);
        Json.strings(spec, "nodeSelector").forEach((label, value) -> {
            if (!Names.isQualified(label)) {
                errors.add(FieldError.invalid(path + ".nodeSelector", label, Names.QUALIFIED_RULE));
            }
            if (!Names.isLabelValue(value)) {
                errors.add(FieldError.invalid(path + ".nodeSelector", value, Names.LABEL_VALUE_RULE));
            }
        });
        String account = Json.text(spec, "serviceAccountName");
        if (!account.isEmpty() && !Names.isSubdomain(account)) {
            errors.add(FieldError.invalid(path + ".serviceAccountName", account, Names.SUBDOMAIN_RULE));
        }
        FieldError.oneOf(path + ".restartPolicy", Json.text(spec, "restartPolicy"), RESTART_POLICIES, errors);
        FieldError.oneOf(path + ".dnsPolicy", Json.text(spec, "dnsPolicy"), DNS_POLICIES, errors);
        if (Json.number(spec, 1, "activeDeadlineSeconds") < 1) {
            errors.add(FieldError.invalid(
                    path + ".activeDeadlineSeconds",
                    spec.get("activeDeadlineSeconds"),
                    "must be between 1 and 2147483647, inclusive"));
        }
        return errors;
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
