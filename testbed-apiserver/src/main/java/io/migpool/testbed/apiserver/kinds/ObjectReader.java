package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;

/** Converts what a client sent to an object as it is stored. */
public final class ObjectReader {
    private ObjectReader() {}

    /** Checks the type, converts, drops absent fields, and fills in defaults. May modify its argument. */
    public static ObjectNode read(ResourceKind kind, ObjectNode sent) {
        requireType(kind, sent);
        ObjectNode object = EventConversion.toStored(kind, sent);
        return settle(EventConversion.storedKind(kind), object);
    }

    /** Brings a changed object of a stored kind into its canonical form. */
    public static ObjectNode settle(ResourceKind kind, ObjectNode object) {
        Json.prune(object);
        ObjectMeta.tidy(object);
        Quantities.canonicalize(object);
        KindStrategies.of(kind).defaults(object);
        return object;
    }

    private static void requireType(ResourceKind kind, ObjectNode sent) {
        String sentKind = Json.text(sent, "kind");
        String sentVersion = Json.text(sent, "apiVersion");
        if ((!sentKind.isEmpty() && !sentKind.equals(kind.kind()))
                || (!sentVersion.isEmpty() && !sentVersion.equals(kind.apiVersion()))) {
            throw ApiException.badRequest("the API version and kind in the data (" + sentVersion + ", " + sentKind
                    + ") do not match the expected (" + kind.apiVersion() + ", " + kind.kind() + ")");
        }
        sent.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
    }
}
