package io.migpool.testbed.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** {@code pods/eviction}: a deletion that asks the disruption budgets first. */
final class PodEviction {
    private final ObjectStore store;
    private final ObjectDeletion deletion;

    PodEviction(ObjectStore store, ObjectDeletion deletion) {
        this.store = store;
        this.deletion = deletion;
    }

    void evict(RequestContext context, ObjectKey key, ObjectNode eviction) {
        ObjectNode pod = store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
        ObjectNode options = Json.at(eviction, "deleteOptions") instanceof ObjectNode given ? given : Json.object();
        DisruptionBudgets.requireDisruptable(store, key, pod);
        deletion.delete(context, key, DeleteOptions.parse(options, null));
    }
}
