package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Pods: defaults, the initial status, and the few fields that may change. */
final class PodStrategy implements KindStrategy {
    private static final Set<String> STANDARD = Set.of("cpu", "memory");

    @Override
    public void defaults(ObjectNode pod) {
        ObjectNode spec = Json.child(pod, "spec");
        PodDefaults.apply(spec);
        Json.putIfAbsent(spec, "enableServiceLinks", true);
    }

    @Override
    public void prepareCreate(ObjectNode pod) {
        ObjectNode status = pod.putObject("status");
        status.put("phase", "Pending").put("qosClass", qosClass(Json.child(pod, "spec")));
        if (Json.items(pod, "spec", "schedulingGates").isEmpty()) {
            return;
        }
        status.putArray("conditions")
                .addObject()
                .put("type", "PodScheduled")
                .put("status", "False")
                .put("reason", "SchedulingGated")
                .put("message", "Scheduling is blocked due to non-empty scheduling gates");
    }

    @Override
    public List<FieldError> validate(ObjectNode pod) {
        List<FieldError> errors = new ArrayList<>(PodValidation.spec("spec", Json.child(pod, "spec")));
        if (!Json.items(pod, "spec", "schedulingGates").isEmpty() && Json.has(pod, "spec", "nodeName")) {
            errors.add(
                    FieldError.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
        }
        return errors;
    }

    @Override
    public List<FieldError> validateUpdate(ObjectNode before, ObjectNode after) {
        return PodValidation.update(Json.child(before.deepCopy(), "spec"), Json.child(after.deepCopy(), "spec"));
    }

    /** Returns Guaranteed, Burstable or BestEffort, from cpu and memory alone. */
    static String qosClass(ObjectNode spec) {
        boolean any = false;
        boolean guaranteed = true;
        List<ObjectNode> containers = new ArrayList<>(Json.objects(spec, "initContainers"));
        containers.addAll(Json.objects(spec, "containers"));
        for (ObjectNode container : containers) {
            for (String resource : STANDARD) {
                JsonNode limit = Json.at(container, "resources", "limits", resource);
                JsonNode request = Json.at(container, "resources", "requests", resource);
                any |= limit != null || request != null;
                guaranteed &= limit != null && (request == null || request.equals(limit));
            }
        }
        if (!any) {
            return "BestEffort";
        }
        return guaranteed ? "Guaranteed" : "Burstable";
    }
}
