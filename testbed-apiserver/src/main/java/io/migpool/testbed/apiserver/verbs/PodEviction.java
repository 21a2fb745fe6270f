package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;

/** {@code pods/eviction}: a deletion that respects disruption budgets. */
public final class PodEviction {
    private final ObjectStore store;
    private final ObjectDeletion deletion;

    PodEviction(ObjectStore store, ObjectDeletion deletion) {
        this.store = store;
        this.deletion = deletion;
    }

    /** Deletes the pod unless a disruption budget forbids it. */
    public void evict(RequestContext context, ObjectKey key, ObjectNode eviction) {
        ObjectNode pod = store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
        ObjectNode options = Json.at(eviction, "deleteOptions") instanceof ObjectNode given ? given : Json.object();
        DisruptionBudgets.requireDisruptable(store, key, pod);
        deletion.delete(context, key, DeleteOptions.parse(options, null));
    }
}
