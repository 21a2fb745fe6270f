package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * Core events and {@code events.k8s.io} events are one set of stored objects in two spellings. Stored is the core one.
 */
public final class EventConversion {
    /** Field names: events.k8s.io to core. */
    private static final Map<String, String> STORED_NAMES = Map.of(
            "regarding", "involvedObject",
            "note", "message",
            "reportingController", "reportingComponent",
            "deprecatedSource", "source",
            "deprecatedFirstTimestamp", "firstTimestamp",
            "deprecatedLastTimestamp", "lastTimestamp",
            "deprecatedCount", "count");

    private EventConversion() {}

    /** The kind under which objects of the given kind are stored. */
    public static ResourceKind storedKind(ResourceKind kind) {
        return kind.equals(ResourceKinds.EVENTS_V1) ? ResourceKinds.EVENTS : kind;
    }

    /** The path of a field, as clients of the given kind name it, in the stored object. */
    public static String storedField(ResourceKind kind, String field) {
        if (!kind.equals(ResourceKinds.EVENTS_V1)) {
            return field;
        }
        int dot = field.indexOf('.');
        String head = dot < 0 ? field : field.substring(0, dot);
        return STORED_NAMES.getOrDefault(head, head) + (dot < 0 ? "" : field.substring(dot));
    }

    /** An object as a client sent it, as it is stored. */
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

    /** A stored object as a client of the given kind sees it; the argument is left as it is. */
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

    /** What core events always show, even when they came as events.k8s.io events. */
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
