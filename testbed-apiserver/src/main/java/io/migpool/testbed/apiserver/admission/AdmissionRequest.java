package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.RequestContext;
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
public record AdmissionRequest(
        RequestContext context,
        Operation operation,
        ObjectKey key,
        String subresource,
        @Nullable ObjectNode object,
        @Nullable ObjectNode oldObject) {

    /** The writes that webhooks and policies can name in their rules. */
    public enum Operation {
        CREATE,
        UPDATE,
        DELETE
    }

    ResourceKind kind() {
        return key.kind();
    }

    /** This request about the object as a step of the chain changed it. */
    public AdmissionRequest withObject(ObjectNode changed) {
        return new AdmissionRequest(context, operation, key, subresource, changed, oldObject);
    }

    /** The object this is about, whichever there is. */
    ObjectNode subject() {
        ObjectNode subject = object == null ? oldObject : object;
        return subject == null ? Json.object() : subject;
    }

    /** The creation of an object. */
    public static AdmissionRequest create(RequestContext context, ObjectKey key, ObjectNode object) {
        return new AdmissionRequest(context, Operation.CREATE, key, "", object, null);
    }

    /** The change of an object, or of its subresource unless that is empty. */
    public static AdmissionRequest update(
            RequestContext context, ObjectKey key, String subresource, ObjectNode object, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.UPDATE, key, subresource, object, oldObject);
    }

    /** The deletion of an object. */
    public static AdmissionRequest delete(RequestContext context, ObjectKey key, ObjectNode oldObject) {
        return new AdmissionRequest(context, Operation.DELETE, key, "", null, oldObject);
    }
}
