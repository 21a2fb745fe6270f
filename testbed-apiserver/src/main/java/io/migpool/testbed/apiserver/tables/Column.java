package io.migpool.testbed.apiserver.tables;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One printed column.
 *
 * @param name heading
 * @param type JSON type of its cells
 * @param wide whether it is shown only in wide output
 * @param cell returns an object's cell at a given time
 */
record Column(String name, String type, boolean wide, BiFunction<ObjectNode, Instant, JsonNode> cell) {
    static Column text(String name, Function<ObjectNode, String> cell) {
        return new Column(name, "string", false, (object, now) -> TextNode.valueOf(cell.apply(object)));
    }

    static Column wide(String name, Function<ObjectNode, String> cell) {
        return new Column(name, "string", true, (object, now) -> TextNode.valueOf(cell.apply(object)));
    }

    static Column number(String name, Function<ObjectNode, Long> cell) {
        return new Column(name, "integer", false, (object, now) -> Json.object()
                .numberNode(cell.apply(object).longValue()));
    }

    static Column nameColumn() {
        return text("Name", ObjectMeta::name);
    }

    static Column ageColumn() {
        return since("Age", "metadata", "creationTimestamp");
    }

    /** Returns a column with the time since the timestamp at a path. */
    static Column since(String name, String... path) {
        return at(name, false, object -> Json.text(object, path));
    }

    /** Returns a column with the time since a timestamp, which may be empty. */
    static Column at(String name, boolean wide, Function<ObjectNode, String> timestamp) {
        return new Column(name, "string", wide, (object, now) -> TextNode.valueOf(age(timestamp.apply(object), now)));
    }

    /** Returns a duration as kubectl prints it: one unit, or two if the first is small. */
    static String age(String timestamp, Instant now) {
        if (timestamp.isEmpty()) {
            return "<unknown>";
        }
        Duration age = Duration.between(Instant.parse(timestamp), now);
        if (age.isNegative()) {
            age = Duration.ZERO;
        }
        long seconds = age.toSeconds();
        if (seconds < 120) {
            return seconds + "s";
        }
        long minutes = age.toMinutes();
        if (minutes < 10) {
            return minutes + "m" + (seconds % 60 == 0 ? "" : seconds % 60 + "s");
        }
        if (minutes < 180) {
            return minutes + "m";
        }
        long hours = age.toHours();
        if (hours < 8) {
            return hours + "h" + (minutes % 60 == 0 ? "" : minutes % 60 + "m");
        }
        if (hours < 48) {
            return hours + "h";
        }
        long days = age.toDays();
        return days < 8 && hours % 24 != 0 ? days + "d" + hours % 24 + "h" : days + "d";
    }
}
