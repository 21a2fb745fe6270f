package io.migpool.testbed.apiserver.tables;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.util.List;
import java.util.Locale;

/** The columns of {@code kubectl get events}, for events of either group. */
final class EventColumns {
    private EventColumns() {}

    static List<Column> all() {
        return List.of(
                Column.at("Last Seen", false, EventColumns::lastSeen),
                Column.text("Type", event -> Json.text(event, "type")),
                Column.text("Reason", event -> Json.text(event, "reason")),
                Column.text("Object", EventColumns::object),
                Column.wide("Subobject", event -> Json.text(event, "involvedObject", "fieldPath")),
                Column.wide("Source", EventColumns::source),
                Column.text("Message", event -> Json.text(event, "message").strip()),
                Column.at("First Seen", true, EventColumns::firstSeen),
                Column.wide("Count", event -> Long.toString(count(event))),
                Column.wide("Name", ObjectMeta::name));
    }

    private static String object(ObjectNode event) {
        String kind = Json.text(event, "involvedObject", "kind").toLowerCase(Locale.ROOT);
        String name = Json.text(event, "involvedObject", "name");
        return name.isEmpty() ? kind : kind + "/" + name;
    }

    /** Returns who reports; events of the newer group have no source. */
    private static String source(ObjectNode event) {
        String component = firstOf(event, List.of("source", "component"), List.of("reportingComponent"));
        String host = firstOf(event, List.of("source", "host"), List.of("reportingInstance"));
        return host.isEmpty() ? component : component + ", " + host;
    }

    private static String firstSeen(ObjectNode event) {
        return firstOf(event, List.of("firstTimestamp"), List.of("eventTime"));
    }

    private static String lastSeen(ObjectNode event) {
        String last = firstOf(event, List.of("series", "lastObservedTime"), List.of("lastTimestamp"));
        return last.isEmpty() ? firstSeen(event) : last;
    }

    private static long count(ObjectNode event) {
        return Json.number(event, Math.max(1, Json.number(event, 1, "count")), "series", "count");
    }

    private static String firstOf(ObjectNode event, List<String> path, List<String> otherwise) {
        String text = Json.text(event, path.toArray(String[]::new));
        return text.isEmpty() ? Json.text(event, otherwise.toArray(String[]::new)) : text;
    }
}
