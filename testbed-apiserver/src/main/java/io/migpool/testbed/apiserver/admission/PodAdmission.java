package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;
import java.util.Optional;

/** The server's own admission of pods: service account, priority, and the default tolerations. */
final class PodAdmission implements Admission {
    private static final int EVICTION_DELAY_SECONDS = 300;

    private final ObjectStore store;

    PodAdmission(ObjectStore store) {
        this.store = store;
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.CREATE
                || !request.kind().isPod()
                || !request.subresource().isEmpty()) {
            return request.subject();
        }
        ObjectNode pod = request.subject().deepCopy();
        ObjectNode spec = Json.child(pod, "spec");
        if (Json.text(spec, "serviceAccountName").isEmpty()) {
            spec.put("serviceAccountName", "default").put("serviceAccount", "default");
        }
        priority(request, spec);
        for (String condition : List.of("not-ready", "unreachable")) {
            toleration(spec, "node.kubernetes.io/" + condition);
        }
        return pod;
    }

    private void priority(AdmissionRequest request, ObjectNode spec) {
        Optional<ObjectNode> priorityClass = priorityClass(request, Json.text(spec, "priorityClassName"));
        long value = priorityClass.map(found -> Json.number(found, 0, "value")).orElse(0L);
        if (Json.has(spec, "priority") && Json.number(spec, 0, "priority") != value) {
            throw ApiException.forbidden(
                    ResourceKinds.PODS,
                    request.key().name(),
                    "the integer value of priority (" + Json.number(spec, 0, "priority") + ") must not be provided in"
                            + " pod spec; priority admission controller computed " + value
                            + " from the given PriorityClass name");
        }
        spec.put("priority", value);
        priorityClass.ifPresent(
                found -> Json.putIfAbsent(spec, "priorityClassName", Json.text(found, "metadata", "name")));
        String preemption =
                priorityClass.map(found -> Json.text(found, "preemptionPolicy")).orElse("");
        Json.putIfAbsent(spec, "preemptionPolicy", preemption.isEmpty() ? "PreemptLowerPriority" : preemption);
    }

    private Optional<ObjectNode> priorityClass(AdmissionRequest request, String name) {
        if (name.isEmpty()) {
            return store.list(ResourceKinds.PRIORITY_CLASSES, "").items().stream()
                    .filter(found -> Json.flag(found, "globalDefault"))
                    .findFirst();
        }
        Optional<ObjectNode> found = store.get(new ObjectKey(ResourceKinds.PRIORITY_CLASSES, "", name));
        if (found.isEmpty()) {
            throw ApiException.forbidden(
                    ResourceKinds.PODS, request.key().name(), "no PriorityClass with name " + name + " was found");
        }
        return found;
    }

    private static void toleration(ObjectNode spec, String key) {
        for (JsonNode toleration : Json.items(spec, "tolerations")) {
            String tolerated = Json.text(toleration, "key");
            String effect = Json.text(toleration, "effect");
            if ((tolerated.equals(key) || tolerated.isEmpty()) && (effect.equals("NoExecute") || effect.isEmpty())) {
                return;
            }
        }
        ArrayNode tolerations =
                spec.get("tolerations") instanceof ArrayNode array ? array : spec.putArray("tolerations");
        tolerations
                .addObject()
                .put("key", key)
                .put("operator", "Exists")
                .put("effect", "NoExecute")
                .put("tolerationSeconds", EVICTION_DELAY_SECONDS);
    }
}
