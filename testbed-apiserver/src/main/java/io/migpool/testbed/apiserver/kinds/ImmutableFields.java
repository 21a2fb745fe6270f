package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Fields that an update must not change. Those of pods are in {@link PodValidation}. */
public final class ImmutableFields {
    private static final List<String> CHANGING_IN_STATEFUL_SETS = List.of(
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");
    private static final Map<String, List<Rule>> RULES = Map.ofEntries(
            Map.entry("Deployment", List.of(immutable("spec.selector"))),
            Map.entry("DaemonSet", List.of(immutable("spec.selector"))),
            Map.entry("ReplicaSet", List.of(immutable("spec.selector"))),
            Map.entry("StatefulSet", List.of(ImmutableFields::statefulSet)),
            Map.entry(
                    "Job",
                    List.of(immutable("spec.completions"), immutable("spec.selector"), immutable("spec.template"))),
            Map.entry("RoleBinding", List.of(unchanged("roleRef", "cannot change roleRef"))),
            Map.entry("ClusterRoleBinding", List.of(unchanged("roleRef", "cannot change roleRef"))),
            Map.entry("ConfigMap", List.of(sealed("immutable"), sealed("data"), sealed("binaryData"))),
            Map.entry("Secret", List.of(immutable("type"), sealed("immutable"), sealed("data"))),
            Map.entry("Service", List.of(ImmutableFields::service)),
            Map.entry(
                    "PriorityClass",
                    List.of(
                            rule("value", value -> FieldError.forbidden("value", "may not be changed in an update.")),
                            immutable("preemptionPolicy"))));

    private ImmutableFields() {}

    @FunctionalInterface
    private interface Rule {
        Optional<FieldError> check(ObjectNode before, ObjectNode after);
    }

    /** Returns an error for each field of the kind that differs though it must not. */
    public static List<FieldError> changed(ResourceKind kind, ObjectNode before, ObjectNode after) {
        return RULES.getOrDefault(kind.kind(), List.of()).stream()
                .flatMap(rule -> rule.check(before, after).stream())
                .toList();
    }

    private static Rule immutable(String path) {
        return unchanged(path, "field is immutable");
    }

    private static Rule unchanged(String path, String why) {
        return rule(path, value -> FieldError.invalid(path, value, why));
    }

    private static Rule rule(String path, Function<Object, FieldError> refusal) {
        String[] steps = path.split("\\.", -1);
        return (before, after) -> {
            JsonNode value = Json.at(after, steps);
            return same(Json.at(before, steps), value) ? Optional.empty() : Optional.of(refusal.apply(shown(value)));
        };
    }

    /** A field of an object that was declared immutable. */
    private static Rule sealed(String field) {
        Rule rule = rule(field, value -> FieldError.forbidden(field, "field is immutable when `immutable` is set"));
        return (before, after) -> Json.flag(before, "immutable") ? rule.check(before, after) : Optional.empty();
    }

    private static Optional<FieldError> statefulSet(ObjectNode before, ObjectNode after) {
        ObjectNode fixedBefore = Json.child(before.deepCopy(), "spec").remove(CHANGING_IN_STATEFUL_SETS);
        ObjectNode fixedAfter = Json.child(after.deepCopy(), "spec").remove(CHANGING_IN_STATEFUL_SETS);
        return same(fixedBefore, fixedAfter)
                ? Optional.empty()
                : Optional.of(FieldError.forbidden(
                        "spec",
                        "updates to statefulset spec for fields other than '"
                                + String.join("', '", CHANGING_IN_STATEFUL_SETS) + "' are forbidden"));
    }

    /** An address may be given or given up, not exchanged. */
    private static Optional<FieldError> service(ObjectNode before, ObjectNode after) {
        String given = Json.text(before, "spec", "clusterIP");
        String wanted = Json.text(after, "spec", "clusterIP");
        return given.isEmpty() || wanted.isEmpty() || given.equals(wanted)
                ? Optional.empty()
                : Optional.of(FieldError.invalid("spec.clusterIPs[0]", wanted, "may not change once set"));
    }

    private static boolean same(@Nullable JsonNode before, @Nullable JsonNode after) {
        if (before == null || after == null) {
            return before == null && after == null;
        }
        return Json.same(before, after);
    }

    private static Object shown(@Nullable JsonNode value) {
        if (value == null) {
            return "";
        }
        return value.isTextual() ? value.asText() : value;
    }
}
