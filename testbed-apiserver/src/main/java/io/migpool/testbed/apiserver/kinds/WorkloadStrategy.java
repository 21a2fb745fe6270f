package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;

/** Kinds with a pod template, whose pod specification gets the same defaults as a pod's. */
final class WorkloadStrategy implements KindStrategy {
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
        return Json.at(object, templatePath) instanceof ObjectNode template
                ? PodValidation.spec(path + ".spec", Json.child(template, "spec"))
                : List.of(FieldError.required(path, ""));
    }
}
