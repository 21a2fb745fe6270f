package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;

/** One step of the admission chain. A step refuses by throwing an {@link ApiException}. */
public interface Admission {
    /** Returns the object to continue with; does not modify the request's object. */
    default ObjectNode mutate(AdmissionRequest request) {
        return request.subject();
    }

    /** Validates the object as it would be stored. */
    default void validate(AdmissionRequest request) {}
}
