package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import java.util.List;

/** What the server does with objects of one kind beyond storing them. */
public interface KindStrategy {
    /** Fills in what the kind's decoder fills in; doing it twice changes nothing more. */
    default void defaults(ObjectNode object) {}

    /** Resets what a creation may not bring. */
    default void prepareCreate(ObjectNode object) {}

    /** What is wrong with a new object, or with an object after an update. */
    default List<FieldError> validate(ObjectNode object) {
        return List.of();
    }

    /** What an update may not change. */
    default List<FieldError> validateUpdate(ObjectNode before, ObjectNode after) {
        return List.of();
    }
}
