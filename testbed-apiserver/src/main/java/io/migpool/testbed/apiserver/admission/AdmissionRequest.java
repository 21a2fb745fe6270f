package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.RequestContext;
import org.jspecify.annotations.Nullable;

/**
 * A request under admission.
 *
 * @param context the request it belongs to
 * @param operation the kind of write
 * @param key the object; its name may be empty if it is yet to be generated
 * @param subresource such as {@code binding}, empty for the object itself
 * @param object the object as it would be stored, null for a deletion
 * @param oldObject the object as it is, null for a creation
 */
public record AdmissionRequest(
        RequestContext context,
        Operation operation,
        ObjectKey key,
        String subresource,
        @Nullable ObjectNode object,
        @Nullable ObjectNode oldObject) {

    /** Kinds of write that webhooks and policies can name in their rules. */
    public enum Operation {
        CREATE,
        UPDATE,
        DELETE
    }

    ResourceKind kind() {
        return key.kind();
    }

    /** Returns this request with the object as changed by a step of the chain. */
    public AdmissionRequest withObject(ObjectNode changed) {
        return new AdmissionRequest(context, operation, key, subresource, changed, oldObject);
    }

    /** Returns the object, or the old one for a deletion. */
    ObjectNode subject() {
        ObjectNode subject = object == null ? oldObject : object;
        return subject == null ? Json.object() : subject;
    }

    /** Returns a request for the creation of an object. */
    public static AdmissionRequest create(RequestContext context, ObjectKey key, ObjectNode object) {
        return new AdmissionRequest(context, Operation.CREATE, key, "", object, null);
    }

    /** Returns a request for a change of an object, or of its subresource unless that is empty. */
    public static AdmissionRequest update(
            RequestContext context, ObjectKey key, String subresource, ObjectNode object, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.UPDATE, key, subresource, object, oldObject);
    }

    /** Returns a request for the deletion of an object. */
    public static AdmissionRequest delete(RequestContext context, ObjectKey key, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.DELETE, key, "", null, oldObject);
    }
}
