package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The fields of {@code metadata} that the server writes and clients cannot. */
public final class ObjectMeta {
    private static final List<String> SERVER_OWNED = List.of(
            "uid",
            "creationTimestamp",
            "resourceVersion",
            "generation",
            "selfLink",
            "managedFields",
            "deletionTimestamp",
            "deletionGracePeriodSeconds");

    private ObjectMeta() {}

    /** Returns the object's metadata, creating it if there is none. */
    public static ObjectNode of(ObjectNode object) {
        return Json.child(object, "metadata");
    }

    /** Returns the object's name, empty for none. */
    public static String name(ObjectNode object) {
        return Json.text(object, "metadata", "name");
    }

    /** Returns the object's uid, empty for none. */
    public static String uid(ObjectNode object) {
        return Json.text(object, "metadata", "uid");
    }

    /** Returns the object's version, empty for none. */
    public static String resourceVersion(ObjectNode object) {
        return Json.text(object, "metadata", "resourceVersion");
    }

    /** Returns whether the object is being deleted. */
    public static boolean isDeleting(ObjectNode object) {
        return Json.has(object, "metadata", "deletionTimestamp");
    }

    /** Returns whether the object has finalizers. */
    public static boolean hasFinalizers(ObjectNode object) {
        return !Json.items(object, "metadata", "finalizers").isEmpty();
    }

    /** Returns the present time, to the second, as the API writes it. */
    public static String now(Clock clock) {
        return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Removes the fields that only the server sets. */
    public static void wipeServerOwned(ObjectNode object) {
        of(object).remove(SERVER_OWNED);
    }

    /** Copies the server's fields and the identity of an object from its previous version. */
    public static void keepServerOwned(ObjectNode before, ObjectNode after) {
        ObjectNode metadata = of(after);
        List<String> kept = new ArrayList<>(SERVER_OWNED);
        kept.addAll(List.of("name", "namespace", "generateName"));
        for (String field : kept) {
            JsonNode value = Json.at(before, "metadata", field);
            if (value == null) {
                metadata.remove(field);
            } else {
                metadata.set(field, value);
            }
        }
    }

    /** Drops the metadata that Go's {@code omitempty} drops. */
    public static void tidy(ObjectNode object) {
        ObjectNode metadata = of(object);
        for (String map : List.of("labels", "annotations")) {
            if (metadata.get(map) instanceof ObjectNode node && node.isEmpty()) {
                metadata.remove(map);
            }
        }
        for (String text : List.of("generateName", "namespace", "name")) {
            if (metadata.has(text) && Json.text(metadata, text).isEmpty()) {
                metadata.remove(text);
            }
        }
    }
}
