package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;

/** One step of the admission chain; whoever refuses throws an {@link ApiException}. */
public interface Admission {
    /** The object as it shall go on; the request's object itself is left as it is. */
    default ObjectNode mutate(AdmissionRequest request) {
        return request.subject();
    }

    /** Looks at the object as it would be stored. */
    default void validate(AdmissionRequest request) {}
}
