package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.Set;

/** Refuses creations in a namespace that does not exist or is being deleted, and the deletion of those of the system. */
final class NamespaceAdmission implements Admission {
    private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");

    private final ObjectStore store;

    NamespaceAdmission(ObjectStore store) {
        this.store = store;
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        if (request.operation() == AdmissionRequest.Operation.CREATE
                && request.kind().namespaced()) {
            requireActive(request);
        }
        return request.subject();
    }

    @Override
    public void validate(AdmissionRequest request) {
        String name = request.key().name();
        if (request.operation() == AdmissionRequest.Operation.DELETE
                && request.kind().equals(ResourceKinds.NAMESPACES)
                && IMMORTAL.contains(name)) {
            throw ApiException.forbidden(request.kind(), name, "this namespace may not be deleted");
        }
    }

    private void requireActive(AdmissionRequest request) {
        String name = request.key().namespace();
        ObjectNode namespace = store.get(new ObjectKey(ResourceKinds.NAMESPACES, "", name))
                .orElseThrow(() -> ApiException.notFound(ResourceKinds.NAMESPACES, name));
        if (Json.has(namespace, "metadata", "deletionTimestamp")) {
            throw ApiException.forbidden(
                    request.kind(),
                    request.key().name(),
                    "unable to create new content in namespace " + name + " because it is being terminated");
        }
    }
}
