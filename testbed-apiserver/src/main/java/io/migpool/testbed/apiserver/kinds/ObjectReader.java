package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;

/** Turns what a client sent into an object as it is stored. */
public final class ObjectReader {
    private ObjectReader() {}

    /** Checks the type, converts, drops what is absent, fills in defaults. The argument may be changed. */
    public static ObjectNode read(ResourceKind kind, ObjectNode sent) {
        requireType(kind, sent);
        ObjectNode object = EventConversion.toStored(kind, sent);
        return settle(EventConversion.storedKind(kind), object);
    }

    /** Brings a changed object of a stored kind into its one form. */
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
