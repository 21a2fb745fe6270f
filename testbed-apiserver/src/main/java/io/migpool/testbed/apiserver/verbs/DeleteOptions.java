package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import org.jspecify.annotations.Nullable;

/**
 * How to delete.
 *
 * @param gracePeriodSeconds what the client asked for, null if it left that to the object
 * @param uid required uid, empty for any
 * @param resourceVersion required resourceVersion, empty for any
 */
public record DeleteOptions(@Nullable Long gracePeriodSeconds, String uid, String resourceVersion) {
    /** Reads the options from a request's body and its parameter {@code gracePeriodSeconds}, null if not given. */
    public static DeleteOptions parse(ObjectNode body, @Nullable String graceParameter) {
        Long grace = null;
        if (Json.has(body, "gracePeriodSeconds")) {
            grace = Json.number(body, 0, "gracePeriodSeconds");
        } else if (graceParameter != null) {
            try {
                grace = Long.valueOf(graceParameter);
            } catch (NumberFormatException e) {
                throw ApiException.badRequest(
                        "gracePeriodSeconds is \"" + graceParameter + "\", which is no whole number of seconds");
            }
        }
        return new DeleteOptions(
                grace, Json.text(body, "preconditions", "uid"), Json.text(body, "preconditions", "resourceVersion"));
    }
}
