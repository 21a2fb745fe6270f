package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.util.Optional;

/**
 * {@code pods/eviction}: a deletion that asks the disruption budgets first and leaves its reason in the pod's status.
 *
 * @see <a href="https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go">addConditionAndDeletePod</a>
 */
public final class PodEviction {
    private static final int ATTEMPTS = 5;

    private final ObjectStore store;
    private final ObjectDeletion deletion;
    private final Clock clock;

    PodEviction(ObjectStore store, ObjectDeletion deletion, Clock clock) {
        this.store = store;
        this.deletion = deletion;
        this.clock = clock;
    }

    /** Deletes the pod unless a disruption budget keeps it. */
    public void evict(RequestContext request, ObjectKey key, ObjectNode eviction) {
        ObjectNode given = Json.at(eviction, "deleteOptions") instanceof ObjectNode found ? found : Json.object();
        DeleteOptions options = DeleteOptions.parse(given, null);
        RequestContext context = options.dryRun() ? request.asDryRun() : request;
        DisruptionBudgets.requireDisruptable(store, key, pod(key));
        if (!context.dryRun()) {
            String marked = ObjectMeta.resourceVersion(markedForDisruption(key, options));
            if (!options.resourceVersion().isEmpty()) {
                options = new DeleteOptions(options.gracePeriodSeconds(), options.uid(), marked, false);
            }
        }
        deletion.delete(context, key, options);
    }

    private ObjectNode pod(ObjectKey key) {
        return store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
    }

    private ObjectNode markedForDisruption(ObjectKey key, DeleteOptions options) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ObjectNode before = pod(key);
            ObjectDeletion.requirePreconditions(key, options, before);
            ObjectNode after = before.deepCopy();
            PodConditions.setTrue(after, "DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting", clock);
            Optional<ObjectNode> marked =
                    Json.same(before, after) ? Optional.of(before) : store.replace(key, before, after);
            if (marked.isPresent()) {
                return marked.get();
            }
        }
        throw ApiException.modified(key.kind(), key.name());
    }
}
