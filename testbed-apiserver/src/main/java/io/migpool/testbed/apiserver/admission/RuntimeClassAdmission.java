package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;

/** Refuses pods of a runtime class that does not exist, whoever named it. */
final class RuntimeClassAdmission implements Admission {
    private final ObjectStore store;
    private final ResourceKind kind;

    RuntimeClassAdmission(ObjectStore store) {
        this.store = store;
        this.kind = ResourceKinds.find("node.k8s.io", "v1", "runtimeclasses").orElseThrow();
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        validate(request);
        return request.subject();
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.CREATE
                || !request.kind().isPod()
                || !request.subresource().isEmpty()) {
            return;
        }
        String name = Json.text(request.subject(), "spec", "runtimeClassName");
        if (!name.isEmpty() && store.get(new ObjectKey(kind, "", name)).isEmpty()) {
            throw ApiException.forbidden(
                    request.kind(), request.key().name(), "pod rejected: RuntimeClass \"" + name + "\" not found");
        }
    }
}
