package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.admission.Admission;
import io.migpool.testbed.apiserver.admission.AdmissionRequest;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Deletes objects, with preconditions, grace periods and finalizers, and finishes namespaces. */
public final class ObjectDeletion {
    private static final int ATTEMPTS = 5;

    private final ObjectStore store;
    private final Admission admission;
    private final Clock clock;

    ObjectDeletion(ObjectStore store, Admission admission, Clock clock) {
        this.store = store;
        this.admission = admission;
        this.clock = clock;
    }

    /**
     * The outcome of a deletion.
     *
     * @param object its last state, or its state while it waits
     * @param gone whether the object is gone
     */
    public record Outcome(ObjectNode object, boolean gone) {}

    /** Deletes the object, or marks it if a grace period or finalizers keep it. */
    public Outcome delete(RequestContext context, ObjectKey key, DeleteOptions options) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ObjectNode before = store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
            requirePreconditions(key, options, before);
            admission.validate(AdmissionRequest.delete(context, key, before));
            ObjectNode marked = marked(key, options, before);
            boolean stays = ObjectMeta.hasFinalizers(before)
                    || key.kind().equals(ResourceKinds.NAMESPACES)
                    || Json.number(marked, 0, "metadata", "deletionGracePeriodSeconds") > 0;
            if (context.dryRun()) {
                return new Outcome(marked, !stays);
            }
            Optional<Outcome> outcome = commit(key, before, marked, stays);
            if (outcome.isPresent()) {
                return outcome.get();
            }
        }
        throw ApiException.modified(key.kind(), key.name());
    }

    /** Removes a version of an object for good; empty if the object has changed. */
    Optional<ObjectNode> remove(ObjectKey key, ObjectNode before) {
        Optional<ObjectNode> removed = store.remove(key, before);
        if (removed.isPresent() && key.kind().namespaced()) {
            finishNamespace(key.namespace());
        }
        return removed;
    }

    private Optional<Outcome> commit(ObjectKey key, ObjectNode before, ObjectNode marked, boolean stays) {
        if (!stays) {
            return marked(key, before, marked)
                    .flatMap(last -> remove(key, last))
                    .map(last -> new Outcome(last, true));
        }
        if (Json.same(marked, before)) {
            return Optional.of(new Outcome(before, false));
        }
        Optional<ObjectNode> waiting = store.replace(key, before, marked);
        if (waiting.isPresent() && key.kind().equals(ResourceKinds.NAMESPACES)) {
            emptyNamespace(key.name());
        }
        return waiting.map(object -> new Outcome(object, false));
    }

    /** Marks a pod that is deleted at once, so that its watchers see a change before it is gone. */
    private Optional<ObjectNode> marked(ObjectKey key, ObjectNode before, ObjectNode marked) {
        return key.kind().isPod() && !Json.same(marked, before)
                ? store.replace(key, before, marked)
                : Optional.of(before);
    }

    /** Requires the uid and the version that the options name. */
    static void requirePreconditions(ObjectKey key, DeleteOptions options, ObjectNode before) {
        if (!options.uid().isEmpty() && !options.uid().equals(ObjectMeta.uid(before))) {
            throw ApiException.conflict(
                    key.kind(),
                    key.name(),
                    "the UID in the precondition (" + options.uid() + ") does not match the UID in record ("
                            + ObjectMeta.uid(before)
                            + "). The object might have been deleted and then recreated");
        }
        String version = options.resourceVersion();
        if (!version.isEmpty() && !version.equals(ObjectMeta.resourceVersion(before))) {
            throw ApiException.conflict(
                    key.kind(),
                    key.name(),
                    "the ResourceVersion in the precondition (" + version
                            + ") does not match the ResourceVersion in record ("
                            + ObjectMeta.resourceVersion(before) + "). The object might have been modified");
        }
    }

    /**
     * Returns the object with its deletion marked, or unchanged if it is already marked with a grace period that is not
     * longer.
     */
    private ObjectNode marked(ObjectKey key, DeleteOptions options, ObjectNode before) {
        long grace = key.kind().isPod() ? podGrace(options, before) : 0;
        ObjectNode marked = before.deepCopy();
        ObjectNode metadata = ObjectMeta.of(marked);
        if (ObjectMeta.isDeleting(before)) {
            long earlier = Json.number(before, 0, "metadata", "deletionGracePeriodSeconds");
            boolean shorter = earlier > grace && (options.gracePeriodSeconds() != null || grace == 0);
            if (shorter) {
                Instant begun = Instant.parse(Json.text(before, "metadata", "deletionTimestamp"))
                        .minusSeconds(earlier);
                metadata.put("deletionTimestamp", begun.plusSeconds(grace).toString());
                metadata.put("deletionGracePeriodSeconds", grace);
            }
            return marked;
        }
        Instant end = Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).plusSeconds(grace);
        metadata.put("deletionTimestamp", end.toString()).put("deletionGracePeriodSeconds", grace);
        if (Json.has(before, "metadata", "generation")) {
            metadata.put("generation", Json.number(before, 0, "metadata", "generation") + 1);
        }
        if (key.kind().equals(ResourceKinds.NAMESPACES)) {
            metadata.remove("deletionGracePeriodSeconds");
            Json.child(marked, "status").put("phase", "Terminating");
        }
        return marked;
    }

    /** Returns a pod's grace period: a pod waits for its kubelet only if it has one and has not ended. */
    private static long podGrace(DeleteOptions options, ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        if (Json.text(pod, "spec", "nodeName").isEmpty() || phase.equals("Succeeded") || phase.equals("Failed")) {
            return 0;
        }
        Long asked = options.gracePeriodSeconds();
        long grace = asked == null ? Json.number(pod, 30, "spec", "terminationGracePeriodSeconds") : asked;
        return grace < 0 ? 1 : grace;
    }

    private void emptyNamespace(String namespace) {
        RequestContext system = new RequestContext(SystemObjects.NAMESPACE_CONTROLLER, false);
        for (ResourceKind kind : ResourceKinds.all()) {
            if (!kind.namespaced()) {
                continue;
            }
            for (ObjectNode object : store.list(kind, namespace).items()) {
                ObjectKey key = new ObjectKey(kind, namespace, ObjectMeta.name(object));
                try {
                    delete(system, key, new DeleteOptions(null, ObjectMeta.uid(object), "", false));
                } catch (ApiException e) {
                    if (e.code() != 404 && e.code() != 409) {
                        throw e;
                    }
                }
            }
        }
        finishNamespace(namespace);
    }

    /** Removes a terminating namespace once it is empty. */
    private void finishNamespace(String name) {
        ObjectKey key = new ObjectKey(ResourceKinds.NAMESPACES, "", name);
        Optional<ObjectNode> namespace = store.get(key).filter(ObjectMeta::isDeleting);
        if (namespace.isEmpty() || ObjectMeta.hasFinalizers(namespace.get())) {
            return;
        }
        boolean empty = ResourceKinds.all().stream()
                .filter(ResourceKind::namespaced)
                .allMatch(kind -> store.list(kind, name).items().isEmpty());
        if (empty) {
            store.remove(key, namespace.get());
        }
    }
}
