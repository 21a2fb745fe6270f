package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes JSON trees as Go's decoder sees them: an absent field and a {@code null} are the same. */
public final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** Returns a new empty object. */
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Returns a new empty array. */
    public static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /** Returns the tree as UTF-8 text. */
    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a JSON tree that cannot be written", e);
        }
    }

    /** Parses any JSON value; blank text yields an empty object. */
    public static JsonNode parse(String body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            return node.isMissingNode() ? object() : node;
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("the body is not JSON: " + e.getOriginalMessage());
        }
    }

    /** Parses an object; any other value is a bad request. */
    public static ObjectNode parseObject(String body) {
        if (parse(body) instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("the body must be a JSON object");
    }

    /** Returns the value at the path, or null if a step is absent or JSON null. */
    public static @Nullable JsonNode at(JsonNode node, String... path) {
        JsonNode current = node;
        for (String step : path) {
            JsonNode next = current.get(step);
            if (next == null || next.isNull()) {
                return null;
            }
            current = next;
        }
        return current;
    }

    /** Returns whether there is a value other than null at the path. */
    public static boolean has(JsonNode node, String... path) {
        return at(node, path) != null;
    }

    /** Returns the scalar at the path as text; empty if it is absent, like Go's zero value. */
    public static String text(JsonNode node, String... path) {
        JsonNode value = at(node, path);
        return value == null || !value.isValueNode() ? "" : value.asText();
    }

    /** Returns the number at the path, or the fallback if there is none. */
    public static long number(JsonNode node, long fallback, String... path) {
        JsonNode value = at(node, path);
        return value == null ? fallback : value.asLong(fallback);
    }

    /** Returns the boolean at the path; false if it is absent. */
    public static boolean flag(JsonNode node, String... path) {
        JsonNode value = at(node, path);
        return value != null && value.asBoolean();
    }

    /** Returns the elements of the array at the path; empty if there is none. */
    public static List<JsonNode> items(JsonNode node, String... path) {
        JsonNode value = at(node, path);
        return value instanceof ArrayNode array ? values(array) : List.of();
    }

    /** Returns the elements of an array, detached from it. */
    public static List<JsonNode> values(JsonNode array) {
        List<JsonNode> values = new ArrayList<>(array.size());
        array.forEach(values::add);
        return values;
    }

    /** Returns the objects among the elements of the array at the path. */
    public static List<ObjectNode> objects(JsonNode node, String... path) {
        return items(node, path).stream()
                .filter(ObjectNode.class::isInstance)
                .map(ObjectNode.class::cast)
                .toList();
    }

    /** Returns the elements of the array at the path as text. */
    public static List<String> texts(JsonNode node, String... path) {
        return items(node, path).stream().map(JsonNode::asText).toList();
    }

    /** Returns the fields of the object at the path as text, in order; empty if it is absent. */
    public static Map<String, String> strings(JsonNode node, String... path) {
        Map<String, String> strings = new LinkedHashMap<>();
        if (at(node, path) instanceof ObjectNode object) {
            object.properties()
                    .forEach(field ->
                            strings.put(field.getKey(), field.getValue().asText()));
        }
        return strings;
    }

    /** Returns whether two trees are equal; numbers are compared by value, whatever their type. */
    public static boolean same(JsonNode one, JsonNode other) {
        return one.equals(Json::compareLeaves, other);
    }

    private static int compareLeaves(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue());
        }
        return one.equals(other) ? 0 : 1;
    }

    /** Returns the object at the path, creating it and its parents if absent. */
    public static ObjectNode child(ObjectNode parent, String... path) {
        ObjectNode current = parent;
        for (String step : path) {
            current = current.get(step) instanceof ObjectNode next ? next : current.putObject(step);
        }
        return current;
    }

    /** Sets a field if it is absent or empty. */
    public static void putIfAbsent(ObjectNode node, String field, String value) {
        if (text(node, field).isEmpty()) {
            node.put(field, value);
        }
    }

    /** Sets a field if it is absent. */
    public static void putIfAbsent(ObjectNode node, String field, long value) {
        if (!has(node, field)) {
            node.put(field, value);
        }
    }

    /** Sets a field if it is absent. */
    public static void putIfAbsent(ObjectNode node, String field, boolean value) {
        if (!has(node, field)) {
            node.put(field, value);
        }
    }

    /** Removes nulls and empty arrays everywhere, because {@code omitempty} keeps the real server from writing them. */
    public static void prune(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().removeIf(field -> {
                prune(field.getValue());
                return field.getValue().isNull() || (field.getValue() instanceof ArrayNode array && array.isEmpty());
            });
        } else if (node instanceof ArrayNode array) {
            array.forEach(Json::prune);
        }
    }
}
