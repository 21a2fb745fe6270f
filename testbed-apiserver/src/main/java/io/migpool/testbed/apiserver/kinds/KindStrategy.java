package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.List;

/** How the server treats objects of one kind, beyond storing them. */
public interface KindStrategy {
    /** Fills in the defaults of the kind's decoder; idempotent. */
    default void defaults(ObjectNode object) {}

    /** Resets fields that a creation must not set. */
    default void prepareCreate(ObjectNode object) {}

    /** Returns the errors in a new object, or in an object after an update. */
    default List<FieldError> validate(ObjectNode object) {
        return List.of();
    }

    /** Returns an error for each change that an update must not make. */
    default List<FieldError> validateUpdate(ObjectNode before, ObjectNode after) {
        return List.of();
    }

    /** Returns the errors in an object that is created, beyond those of {@link #validate}; it was sent as this kind. */
    default List<FieldError> validateCreate(ResourceKind sentKind, ObjectNode object) {
        return List.of();
    }
}
