package io.migpool.admission.review;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/** Finds the pod template in objects that create pods. */
final class PodTemplates {

    /** Places of the template by kind, {@code group/kind}; the core group is empty. */
    private static final Map<String, JsonPointer> PLACES = Map.of(
            "apps/Deployment", JsonPointer.compile("/spec/template"),
            "apps/StatefulSet", JsonPointer.compile("/spec/template"),
            "apps/DaemonSet", JsonPointer.compile("/spec/template"),
            "apps/ReplicaSet", JsonPointer.compile("/spec/template"),
            "batch/Job", JsonPointer.compile("/spec/template"),
            "batch/CronJob", JsonPointer.compile("/spec/jobTemplate/spec/template"),
            "/ReplicationController", JsonPointer.compile("/spec/template"),
            "/PodTemplate", JsonPointer.compile("/template"));

    private PodTemplates() {}

    /** Returns the template that a request adds or changes; empty for other kinds, and if it is unchanged. */
    static Optional<JsonNode> changedBy(ReviewRequest request) {
        JsonPointer place = PLACES.get(request.kind());
        if (place == null) {
            return Optional.empty();
        }
        JsonNode template = request.object().at(place);
        boolean unchanged = template.equals(request.json().path("oldObject").at(place));
        return template.isObject() && !unchanged ? Optional.of(template) : Optional.empty();
    }
}
