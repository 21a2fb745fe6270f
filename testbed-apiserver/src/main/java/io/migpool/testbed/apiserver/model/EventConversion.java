package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * Converts between core and {@code events.k8s.io} events: one set of objects with two representations, stored as core
 * events.
 */
public final class EventConversion {
    /** Field names, from events.k8s.io to core. */
    private static final Map<String, String> STORED_NAMES = Map.of(
            "regarding", "involvedObject",
            "note", "message",
            "reportingController", "reportingComponent",
            "deprecatedSource", "source",
            "deprecatedFirstTimestamp", "firstTimestamp",
            "deprecatedLastTimestamp", "lastTimestamp",
            "deprecatedCount", "count");

    private EventConversion() {}

    /** Returns the kind under which objects of the given kind are stored. */
    public static ResourceKind storedKind(ResourceKind kind) {
        return kind.equals(ResourceKinds.EVENTS_V1) ? ResourceKinds.EVENTS : kind;
    }

    /** Returns the path in the stored object of a field, given as clients of the kind name it. */
    public static String storedField(ResourceKind kind, String field) {
        if (!kind.equals(ResourceKinds.EVENTS_V1)) {
            return field;
        }
        int dot = field.indexOf('.');
        String head = dot < 0 ? field : field.substring(0, dot);
        return STORED_NAMES.getOrDefault(head, head) + (dot < 0 ? "" : field.substring(dot));
    }

    /** Converts an object from what a client sent to what is stored. */
    public static ObjectNode toStored(ResourceKind kind, ObjectNode object) {
        if (!kind.equals(ResourceKinds.EVENTS_V1)) {
            return object;
        }
        ObjectNode stored = Json.object();
        object.properties()
                .forEach(field ->
                        stored.set(STORED_NAMES.getOrDefault(field.getKey(), field.getKey()), field.getValue()));
        return stored.put("apiVersion", ResourceKinds.EVENTS.apiVersion());
    }

    /** Returns a stored object as a client of the given kind sees it; does not modify its argument. */
    public static ObjectNode fromStored(ResourceKind kind, ObjectNode stored) {
        if (!kind.equals(ResourceKinds.EVENTS_V1)) {
            return stored;
        }
        ObjectNode object = Json.object();
        stored.properties().forEach(field -> object.set(servedName(field.getKey()), field.getValue()));
        return object.put("apiVersion", kind.apiVersion());
    }

    private static String servedName(String storedName) {
        for (Map.Entry<String, String> names : STORED_NAMES.entrySet()) {
            if (names.getValue().equals(storedName)) {
                return names.getKey();
            }
        }
        return storedName;
    }

    /** Fills in what core events always show, even if they were sent as events.k8s.io events. */
    public static void defaults(ObjectNode stored) {
        if (!Json.has(stored, "source")) {
            stored.putObject("source");
        }
        for (String field : List.of("reportingComponent", "reportingInstance")) {
            if (!Json.has(stored, field)) {
                stored.put(field, "");
            }
        }
        if (!Json.has(stored, "involvedObject")) {
            stored.putObject("involvedObject");
        }
    }
}
