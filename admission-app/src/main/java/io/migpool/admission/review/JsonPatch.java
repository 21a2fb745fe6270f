package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * Turns edits into a JSON patch (RFC 6902) with operations only for what actually changes. Keeps a copy of the pod with
 * the edits so far, because a parent that one operation adds must not be added again by the next.
 */
final class JsonPatch {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final JsonNode pod;
    private final ArrayNode operations = JSON.arrayNode();

    private JsonPatch(JsonNode pod) {
        this.pod = pod;
    }

    /** Returns the operations that apply these edits to this pod; empty if nothing changes. */
    static ArrayNode of(JsonNode pod, List<Edit> edits) {
        if (edits.isEmpty()) {
            return JSON.arrayNode();
        }
        JsonPatch patch = new JsonPatch(pod.deepCopy());
        edits.forEach(patch::apply);
        return patch.operations;
    }

    private void apply(Edit edit) {
        switch (edit) {
            case Edit.Put(List<String> path, String value) -> put(path, TextNode.valueOf(value));
            case Edit.PutEnvironment(List<String> container, String name, String value) ->
                putEnvironment(container, name, value);
            case Edit.Drop(List<String> path) -> drop(path);
        }
    }

    private void put(List<String> path, JsonNode value) {
        JsonNode parent = pod;
        for (int depth = 0; depth < path.size() - 1; depth++) {
            JsonNode child = child(parent, path.get(depth));
            if (child.isMissingNode() || child.isNull()) {
                JsonNode wrapped = wrap(path.subList(depth + 1, path.size()), value);
                set(parent, path.get(depth), wrapped);
                operation("add", path.subList(0, depth + 1)).set("value", wrapped);
                return;
            }
            parent = child;
        }
        JsonNode present = child(parent, path.getLast());
        if (present.equals(value)) {
            return;
        }
        operation(present.isMissingNode() ? "add" : "replace", path).set("value", value);
        set(parent, path.getLast(), value);
    }

    private void putEnvironment(List<String> container, String name, String value) {
        ObjectNode variable = JSON.objectNode().put("name", name).put("value", value);
        List<String> environment = append(container, "env");
        JsonNode variables = at(environment);
        if (!variables.isArray()) {
            ArrayNode only = JSON.arrayNode().add(variable);
            set(at(container), "env", only.deepCopy());
            operation("add", environment).set("value", only);
            return;
        }
        for (int i = variables.size() - 1; i >= 0; i--) {
            if (name.equals(variables.get(i).path("name").asText(""))) {
                put(append(environment, Integer.toString(i)), variable);
                return;
            }
        }
        ((ArrayNode) variables).add(variable);
        operation("add", append(environment, "-")).set("value", variable);
    }

    private void drop(List<String> path) {
        if (at(path.subList(0, path.size() - 1)) instanceof ObjectNode parent && parent.has(path.getLast())) {
            parent.remove(path.getLast());
            operation("remove", path);
        }
    }

    private ObjectNode operation(String name, List<String> path) {
        StringBuilder pointer = new StringBuilder();
        path.forEach(step -> pointer.append('/').append(step.replace("~", "~0").replace("/", "~1")));
        return operations.addObject().put("op", name).put("path", pointer.toString());
    }

    private JsonNode at(List<String> path) {
        JsonNode node = pod;
        for (String step : path) {
            node = child(node, step);
        }
        return node;
    }

    private static JsonNode child(JsonNode parent, String step) {
        return parent.isArray() ? parent.path(Integer.parseInt(step)) : parent.path(step);
    }

    private static void set(JsonNode parent, String step, JsonNode value) {
        if (parent instanceof ArrayNode array) {
            array.set(Integer.parseInt(step), value);
        } else if (parent instanceof ObjectNode object) {
            object.set(step, value);
        } else {
            throw new IllegalArgumentException(
                    "a pod has a %s where the patch needs an object to set %s".formatted(parent.getNodeType(), step));
        }
    }

    private static JsonNode wrap(List<String> path, JsonNode value) {
        JsonNode wrapped = value;
        for (String step : path.reversed()) {
            wrapped = JSON.objectNode().set(step, wrapped);
        }
        return wrapped;
    }

    private static List<String> append(List<String> path, String step) {
        return Stream.concat(path.stream(), Stream.of(step)).toList();
    }
}
