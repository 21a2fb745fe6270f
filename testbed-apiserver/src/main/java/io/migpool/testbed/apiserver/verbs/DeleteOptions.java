package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of a deletion.
 *
 * @param gracePeriodSeconds the client's grace period, null to use the object's
 * @param uid required uid, empty for any
 * @param resourceVersion required resourceVersion, empty for any
 * @param dryRun whether nothing is to be deleted
 */
public record DeleteOptions(@Nullable Long gracePeriodSeconds, String uid, String resourceVersion, boolean dryRun) {
    /** Dependents are all left alone, as there is no garbage collector. */
    private static final List<String> PROPAGATION = List.of("", "Foreground", "Background", "Orphan");

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
        String propagation = Json.text(body, "propagationPolicy");
        if (!PROPAGATION.contains(propagation)) {
            throw ApiException.invalidOptions(
                    "DeleteOptions",
                    List.of(FieldError.unsupported(
                            "propagationPolicy", propagation, "\"Foreground\", \"Background\", \"Orphan\", \"nil\"")));
        }
        return new DeleteOptions(
                grace,
                Json.text(body, "preconditions", "uid"),
                Json.text(body, "preconditions", "resourceVersion"),
                Json.texts(body, "dryRun").contains("All"));
    }
}
