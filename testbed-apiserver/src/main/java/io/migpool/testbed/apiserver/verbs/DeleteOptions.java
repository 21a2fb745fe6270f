package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import org.jspecify.annotations.Nullable;

/**
 * Options of a deletion.
 *
 * @param gracePeriodSeconds the client's grace period, null to use the object's
 * @param uid required uid, empty for any
 * @param resourceVersion required resourceVersion, empty for any
 */
public record DeleteOptions(@Nullable Long gracePeriodSeconds, String uid, String resourceVersion) {
    /** Reads the options from a request's body and its parameter {@code gracePeriodSeconds}, null if absent. */
    public static DeleteOptions parse(ObjectNode body, @Nullable String graceParameter) {
        Long grace = null;
        if (Json.has(body, "gracePeriodSeconds")) {
            grace = Json.number(body, 0, "gracePeriodSeconds");
        } else if (graceParameter != null) {
            try {
                grace = Long.valueOf(graceParameter);
            } catch (NumberFormatException e) {
                throw ApiException.badRequest(
                        "gracePeriodSeconds is \"" + graceParameter + "\", which is not a whole number of seconds");
            }
        }
        return new DeleteOptions(
                grace, Json.text(body, "preconditions", "uid"), Json.text(body, "preconditions", "resourceVersion"));
    }
}
