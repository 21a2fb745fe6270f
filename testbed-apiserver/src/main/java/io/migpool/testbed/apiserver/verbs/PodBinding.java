package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.admission.Admission;
import io.migpool.testbed.apiserver.admission.AdmissionRequest;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.util.List;

/**
 * {@code pods/binding}: writes node, annotations and condition at once, or nothing.
 *
 * @see <a
 *     href="https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/storage.go">setPodNodeAndMetadata</a>
 */
public final class PodBinding {
    private static final int ATTEMPTS = 5;
    private static final String RESOURCE = "pods/binding";

    private final ObjectStore store;
    private final Admission admission;
    private final Clock clock;

    PodBinding(ObjectStore store, Admission admission, Clock clock) {
        this.store = store;
        this.admission = admission;
        this.clock = clock;
    }

    /** Binds the pod that the key names. */
    public void bind(RequestContext context, ObjectKey key, ObjectNode binding) {
        String name = ObjectMeta.name(binding);
        if (!name.isEmpty() && !name.equals(key.name())) {
            throw ApiException.badRequest("name in URL does not match name in Binding object");
        }
        requireTarget(key, binding);
        AdmissionRequest request =
                new AdmissionRequest(context, AdmissionRequest.Operation.CREATE, key, "binding", binding, null);
        ObjectNode admitted = admission.mutate(request);
        admission.validate(request.withObject(admitted));
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ObjectNode pod = store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
            requirePreconditions(key, admitted, pod);
            requireBindable(key, pod);
            if (context.dryRun()
                    || store.replace(key, pod, bound(pod, admitted)).isPresent()) {
                return;
            }
        }
        throw ApiException.conflict(key.kind(), RESOURCE, key.name(), "the pod keeps changing; please try again");
    }

    private static void requireTarget(ObjectKey key, ObjectNode binding) {
        String kind = Json.text(binding, "target", "kind");
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw ApiException.invalid(
                    key.kind(),
                    key.name(),
                    List.of(FieldError.unsupported("target.kind", kind, "\"Node\", \"<empty>\"")));
        }
        if (Json.text(binding, "target", "name").isEmpty()) {
            throw ApiException.invalid(key.kind(), key.name(), List.of(FieldError.required("target.name", "")));
        }
    }

    private static void requirePreconditions(ObjectKey key, ObjectNode binding, ObjectNode pod) {
        String uid = ObjectMeta.uid(binding);
        if (!uid.isEmpty() && !uid.equals(ObjectMeta.uid(pod))) {
            throw ApiException.conflict(
                    key.kind(),
                    key.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "
                            + ObjectMeta.uid(pod));
        }
        String version = ObjectMeta.resourceVersion(binding);
        if (!version.isEmpty() && !version.equals(ObjectMeta.resourceVersion(pod))) {
            throw ApiException.conflict(
                    key.kind(),
                    key.name(),
                    "Precondition failed: ResourceVersion in precondition: " + version
                            + ", ResourceVersion in object meta: " + ObjectMeta.resourceVersion(pod));
        }
    }

    private static void requireBindable(ObjectKey key, ObjectNode pod) {
        String why = "";
        if (ObjectMeta.isDeleting(pod)) {
            why = "pod " + key.name() + " is being deleted, cannot be assigned to a host";
        } else if (!Json.text(pod, "spec", "nodeName").isEmpty()) {
            why = "pod " + key.name() + " is already assigned to node \"" + Json.text(pod, "spec", "nodeName") + '"';
        } else if (!Json.items(pod, "spec", "schedulingGates").isEmpty()) {
            why = "pod " + key.name() + " has non-empty .spec.schedulingGates";
        }
        if (!why.isEmpty()) {
            throw ApiException.conflict(key.kind(), RESOURCE, key.name(), why);
        }
    }

    private ObjectNode bound(ObjectNode pod, ObjectNode binding) {
        ObjectNode bound = pod.deepCopy();
        Json.child(bound, "spec").put("nodeName", Json.text(binding, "target", "name"));
        Json.strings(binding, "metadata", "annotations")
                .forEach((key, value) ->
                        ObjectMeta.of(bound).withObjectProperty("annotations").put(key, value));
        PodConditions.setTrue(bound, "PodScheduled", "", "", clock);
        return bound;
    }
}
