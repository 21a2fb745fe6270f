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
            case "Deployment", "StatefulSet", "ReplicaSet" -> Json.putIfAbsent(spec, "replicas", 1);
            case "Job" -> {
                Json.putIfAbsent(spec, "backoffLimit", 6);
                Json.putIfAbsent(spec, "completions", 1);
                Json.putIfAbsent(spec, "parallelism", 1);
            }
            default -> {
                // DaemonSets follow the nodes and CronJobs the clock: they have no replicas.
            }
        }
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
        if (SELECTING.contains(object.path("kind").asText())) {
            errors.addAll(selector(object, template));
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
