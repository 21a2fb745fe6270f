package io.migpool.testbed.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * What admission is asked about.
 *
 * @param context the request it belongs to
 * @param operation the kind of write
 * @param key the object; its name may be empty while it is yet to be generated
 * @param subresource such as {@code binding}, empty for the object itself
 * @param object the object as it would be stored, null for a deletion
 * @param oldObject the object as it is, null for a creation
 */
record AdmissionRequest(
        RequestContext context,
        Operation operation,
        ObjectKey key,
        String subresource,
        @Nullable ObjectNode object,
        @Nullable ObjectNode oldObject) {

    /** The writes that webhooks and policies can name in their rules. */
    enum Operation {
        CREATE,
        UPDATE,
        DELETE
    }

    ResourceKind kind() {
        return key.kind();
    }

    AdmissionRequest withObject(ObjectNode changed) {
        return new AdmissionRequest(context, operation, key, subresource, changed, oldObject);
    }

    /** The object this is about, whichever there is. */
    ObjectNode subject() {
        ObjectNode subject = object == null ? oldObject : object;
        return subject == null ? Json.object() : subject;
    }

    static AdmissionRequest create(RequestContext context, ObjectKey key, ObjectNode object) {
        return new AdmissionRequest(context, Operation.CREATE, key, "", object, null);
    }

    static AdmissionRequest update(
            RequestContext context, ObjectKey key, String subresource, ObjectNode object, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.UPDATE, key, subresource, object, oldObject);
    }

    static AdmissionRequest delete(RequestContext context, ObjectKey key, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.DELETE, key, "", null, oldObject);
    }
}
