package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.selectors.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Kinds with a pod template, whose pod specification gets the same defaults as a pod's. */
final class WorkloadStrategy implements KindStrategy {
    private static final Set<String> SELECTING = Set.of("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet");

    private final String[] templatePath;

    WorkloadStrategy(String... templatePath) {
        this.templatePath = templatePath.clone();
    }

    @Override
    public void defaults(ObjectNode object) {
        if (Json.at(object, templatePath) instanceof ObjectNode template
                && Json.at(template, "spec") instanceof ObjectNode podSpec) {
            PodDefaults.apply(podSpec);
        }
        ObjectNode spec = Json.child(object, "spec");
        switch (object.path("kind").asText()) {
            case "Deployment" -> {
                Json.putIfAbsent(spec, "replicas", 1);
                Json.putIfAbsent(spec, "revisionHistoryLimit", 10);
                Json.putIfAbsent(spec, "progressDeadlineSeconds", 600);
                ObjectNode bounds = rollingUpdate(spec, "strategy");
                Json.putIfAbsent(bounds, "maxUnavailable", "25%");
                Json.putIfAbsent(bounds, "maxSurge", "25%");
            }
            case "DaemonSet" -> {
                Json.putIfAbsent(spec, "revisionHistoryLimit", 10);
                ObjectNode bounds = rollingUpdate(spec, "updateStrategy");
                Json.putIfAbsent(bounds, "maxUnavailable", 1);
                Json.putIfAbsent(bounds, "maxSurge", 0);
            }
            case "StatefulSet" -> {
                Json.putIfAbsent(spec, "replicas", 1);
                Json.putIfAbsent(spec, "revisionHistoryLimit", 10);
                Json.putIfAbsent(spec, "podManagementPolicy", "OrderedReady");
                Json.putIfAbsent(rollingUpdate(spec, "updateStrategy"), "partition", 0);
            }
            case "ReplicaSet" -> Json.putIfAbsent(spec, "replicas", 1);
            case "Job" -> {
                Json.putIfAbsent(spec, "backoffLimit", 6);
                if (!Json.has(spec, "completions") && !Json.has(spec, "parallelism")) {
                    spec.put("completions", 1);
                }
                Json.putIfAbsent(spec, "parallelism", 1);
            }
            default -> {
                // CronJobs follow the clock.
            }
        }
    }

    /** Returns the bounds of the default strategy, or an object for nobody if another one is chosen. */
    private static ObjectNode rollingUpdate(ObjectNode spec, String field) {
        ObjectNode strategy = Json.child(spec, field);
        Json.putIfAbsent(strategy, "type", "RollingUpdate");
        return Json.text(strategy, "type").equals("RollingUpdate")
                ? Json.child(strategy, "rollingUpdate")
                : Json.object();
    }

    @Override
    public void prepareCreate(ObjectNode object) {
        object.putObject("status");
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        String path = String.join(".", templatePath);
        if (!(Json.at(object, templatePath) instanceof ObjectNode template)) {
            return List.of(FieldError.required(path, ""));
        }
        List<FieldError> errors = new ArrayList<>(PodValidation.spec(path + ".spec", Json.child(template, "spec")));
        long replicas = Json.number(object, 0, "spec", "replicas");
        if (replicas < 0) {
            errors.add(FieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
        }
        if (Json.text(object, "spec", "strategy", "type").equals("Recreate")
                && Json.has(object, "spec", "strategy", "rollingUpdate")) {
            errors.add(FieldError.forbidden(
                    "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
        }
        String policy = Json.text(template, "spec", "restartPolicy");
        if (SELECTING.contains(object.path("kind").asText())) {
            FieldError.oneOf(path + ".spec.restartPolicy", policy, List.of("Always"), errors);
            errors.addAll(selector(object, template));
        } else if (policy.equals("Always")) {
            errors.add(FieldError.required(path + ".spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""));
        }
        return errors;
    }

    private static List<FieldError> selector(ObjectNode object, ObjectNode template) {
        JsonNode selector = Json.at(object, "spec", "selector");
        if (selector == null) {
            return List.of(FieldError.required("spec.selector", ""));
        }
        if (selector.isEmpty()) {
            String kind = object.path("kind").asText().toLowerCase(Locale.ROOT);
            return List.of(FieldError.invalid("spec.selector", selector, "empty selector is invalid for " + kind));
        }
        List<FieldError> wrong = LabelSelectorErrors.of("spec.selector", selector);
        if (!wrong.isEmpty()) {
            return wrong;
        }
        Map<String, String> labels = Json.strings(template, "metadata", "labels");
        return LabelSelector.of(selector).matches(labels)
                ? List.of()
                : List.of(FieldError.invalid(
                        "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
    }
}
