package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.admission.Admission;
import io.migpool.testbed.apiserver.admission.AdmissionRequest;
import io.migpool.testbed.apiserver.kinds.ImmutableFields;
import io.migpool.testbed.apiserver.kinds.KindStrategies;
import io.migpool.testbed.apiserver.kinds.Names;
import io.migpool.testbed.apiserver.kinds.ObjectReader;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Updates stored objects: PUT and PATCH of an object or of its status. */
public final class ObjectUpdate {
    private static final int ATTEMPTS = 5;
    private static final String DELETION = "deletionTimestamp";
    /** What may be left out of an update, but not changed by one. */
    private static final List<String> FIXED = List.of("uid", "deletionGracePeriodSeconds", DELETION);

    private static final List<String> WITH_STATUS = List.of("labels", "annotations", "finalizers");

    private final ObjectStore store;
    private final Admission admission;
    private final ObjectDeletion deletion;

    ObjectUpdate(ObjectStore store, Admission admission, ObjectDeletion deletion) {
        this.store = store;
        this.admission = admission;
        this.deletion = deletion;
    }

    /** Replaces an object with what a client sent. */
    public ObjectNode replace(
            RequestContext context, ResourceKind sentKind, ObjectKey key, String subresource, ObjectNode sent) {
        // A body for another place is wrong whether or not the object exists.
        requireSamePlace(key, sent);
        return change(context, key, subresource, before -> {
            if (key.kind().is(ResourceKind.Trait.CONDITIONAL_UPDATE_ONLY)
                    && ObjectMeta.resourceVersion(sent).isEmpty()) {
                throw ApiException.invalid(
                        key.kind(),
                        key.name(),
                        List.of(FieldError.invalid("metadata.resourceVersion", 0, "must be specified for an update")));
            }
            requireUid(key, before, sent);
            return ObjectReader.read(sentKind, sent.deepCopy());
        });
    }

    /**
     * Applies a patch to the object as clients of the sent kind see it. A uid in it is a change, not a precondition.
     */
    public ObjectNode patch(
            RequestContext context,
            ResourceKind sentKind,
            ObjectKey key,
            String subresource,
            UnaryOperator<ObjectNode> patch) {
        return change(context, key, subresource, before -> {
            ObjectNode patched = patch.apply(EventConversion.fromStored(sentKind, before));
            return ObjectReader.read(sentKind, patched);
        });
    }

    /** Applies a change to an object; the function must not modify the version that it gets. */
    ObjectNode change(RequestContext context, ObjectKey key, String subresource, UnaryOperator<ObjectNode> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ObjectNode before = store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
            ObjectNode wanted = change.apply(before);
            requireSamePlace(key, wanted);
            requireSameVersion(key, before, wanted);
            requireSameIdentity(key, before, wanted);
            ObjectNode after = admitted(context, key, subresource, before, wanted);
            if (context.dryRun() || Json.same(after, before)) {
                return after;
            }
            Optional<ObjectNode> committed = commit(key, before, after);
            if (committed.isPresent()) {
                return committed.get();
            }
        }
        throw ApiException.modified(key.kind(), key.name());
    }

    private ObjectNode admitted(
            RequestContext context, ObjectKey key, String subresource, ObjectNode before, ObjectNode wanted) {
        ResourceKind kind = key.kind();
        ObjectNode after = ObjectReader.settle(kind, scoped(kind, subresource, before, wanted));
        ObjectMeta.keepServerOwned(before, after);
        ObjectNode mutated = admission.mutate(AdmissionRequest.update(context, key, subresource, after, before));
        if (!Json.same(mutated, after)) {
            after = ObjectReader.settle(kind, scoped(kind, subresource, before, mutated.deepCopy()));
            ObjectMeta.keepServerOwned(before, after);
        }
        if (kind.is(ResourceKind.Trait.GENERATION) && !Json.same(desiredState(before), desiredState(after))) {
            ObjectMeta.of(after).put("generation", Json.number(before, 0, "metadata", "generation") + 1);
        }
        List<FieldError> errors = new ArrayList<>(Names.validate(kind, after));
        errors.addAll(newFinalizers(before, after));
        if (subresource.isEmpty()) {
            errors.addAll(KindStrategies.of(kind).validate(after));
            errors.addAll(KindStrategies.of(kind).validateUpdate(before, after));
            errors.addAll(ImmutableFields.changed(kind, before, after));
        }
        if (!errors.isEmpty()) {
            throw ApiException.invalid(kind, key.name(), errors);
        }
        admission.validate(AdmissionRequest.update(context, key, subresource, after, before));
        return after;
    }

    /** Returns the wanted object without what this endpoint does not write. */
    private static ObjectNode scoped(ResourceKind kind, String subresource, ObjectNode before, ObjectNode wanted) {
        if (!subresource.equals("status")) {
            return kind.is(ResourceKind.Trait.STATUS) ? withField(wanted, "status", before.get("status")) : wanted;
        }
        ObjectNode scoped = withField(before.deepCopy(), "status", wanted.get("status"));
        if (kind.is(ResourceKind.Trait.STATUS_WITH_METADATA)) {
            ObjectNode metadata = ObjectMeta.of(scoped);
            for (String field : WITH_STATUS) {
                withField(metadata, field, Json.at(wanted, "metadata", field));
            }
            // kube-apiserver does not let the status endpoint change a pod's owners, because old kubelets corrupted
            // them.
            if (!kind.isPod()) {
                withField(metadata, "ownerReferences", Json.at(wanted, "metadata", "ownerReferences"));
            }
        }
        return scoped;
    }

    private static ObjectNode withField(ObjectNode object, String field, @Nullable JsonNode value) {
        if (value == null) {
            object.remove(field);
        } else {
            object.set(field, value.deepCopy());
        }
        return object;
    }

    private static void requireUid(ObjectKey key, ObjectNode before, ObjectNode sent) {
        String uid = ObjectMeta.uid(sent);
        if (!uid.isEmpty() && !uid.equals(ObjectMeta.uid(before))) {
            throw ApiException.conflict(
                    key.kind(),
                    key.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "
                            + ObjectMeta.uid(before));
        }
    }

    private static void requireSameVersion(ObjectKey key, ObjectNode before, ObjectNode wanted) {
        String version = ObjectMeta.resourceVersion(wanted);
        if (!version.isEmpty() && !version.equals(ObjectMeta.resourceVersion(before))) {
            throw ApiException.modified(key.kind(), key.name());
        }
    }

    private static void requireSamePlace(ObjectKey key, ObjectNode wanted) {
        String name = ObjectMeta.name(wanted);
        if (name.isEmpty()) {
            throw ApiException.badRequest("the name of the object (" + key.name()
                    + " based on URL) was undeterminable: name must be provided");
        }
        if (!name.equals(key.name())) {
            throw ApiException.badRequest(
                    "the name of the object (" + name + ") does not match the name on the URL (" + key.name() + ")");
        }
        String namespace = Json.text(wanted, "metadata", "namespace");
        if (!namespace.isEmpty() && !namespace.equals(key.namespace())) {
            throw ApiException.badRequest("the namespace of the object (" + namespace
                    + ") does not match the namespace on the request (" + key.namespace() + ")");
        }
    }

    private static void requireSameIdentity(ObjectKey key, ObjectNode before, ObjectNode wanted) {
        List<FieldError> errors = new ArrayList<>();
        for (String field : FIXED) {
            String value = Json.text(wanted, "metadata", field);
            boolean keptAnyway = field.equals(DELETION) && ObjectMeta.isDeleting(before);
            if (!keptAnyway && !value.isEmpty() && !value.equals(Json.text(before, "metadata", field))) {
                errors.add(FieldError.invalid("metadata." + field, value, "field is immutable"));
            }
        }
        if (!errors.isEmpty()) {
            throw ApiException.invalid(key.kind(), key.name(), errors);
        }
    }

    private static List<FieldError> newFinalizers(ObjectNode before, ObjectNode after) {
        List<String> added = new ArrayList<>(Json.texts(after, "metadata", "finalizers"));
        added.removeAll(Json.texts(before, "metadata", "finalizers"));
        return added.isEmpty() || !ObjectMeta.isDeleting(before)
                ? List.of()
                : List.of(FieldError.forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers "
                                + added));
    }

    private static ObjectNode desiredState(ObjectNode object) {
        ObjectNode desired = object.deepCopy();
        desired.remove(List.of("metadata", "status"));
        return desired;
    }

    private Optional<ObjectNode> commit(ObjectKey key, ObjectNode before, ObjectNode after) {
        boolean lastFinalizerGone = ObjectMeta.isDeleting(after)
                && ObjectMeta.hasFinalizers(before)
                && !ObjectMeta.hasFinalizers(after)
                && Json.number(after, 0, "metadata", "deletionGracePeriodSeconds") == 0;
        return lastFinalizerGone ? deletion.remove(key, before) : store.replace(key, before, after);
    }
}
