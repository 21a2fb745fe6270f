package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds and drops fields that a type does not have: the server keeps only known fields. */
public final class UnknownFields {
    private final ModelFields models;

    /** Creates a finder that takes the known fields from the models. */
    public UnknownFields(ModelFields models) {
        this.models = models;
    }

    /** Drops unknown fields and returns their paths, such as {@code spec.colour}. */
    public List<String> drop(ResourceKind kind, ObjectNode object) {
        List<String> dropped = new ArrayList<>();
        visit(object, models.of(kind), "", dropped);
        return dropped;
    }

    private void visit(JsonNode node, @Nullable JavaType type, String path, List<String> dropped) {
        if (type == null || node.isValueNode()) {
            return;
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                visit(array.get(i), type.getContentType(), path + "[" + i + "]", dropped);
            }
        } else if (node instanceof ObjectNode object && type.isMapLikeType()) {
            object.properties()
                    .forEach(field ->
                            visit(field.getValue(), type.getContentType(), path(path, field.getKey()), dropped));
        } else if (node instanceof ObjectNode object && ModelFields.hasKnownFields(type)) {
            Map<String, JavaType> fields = models.of(type);
            object.properties().removeIf(field -> {
                boolean unknown = !fields.containsKey(field.getKey());
                if (unknown) {
                    dropped.add(path(path, field.getKey()));
                } else {
                    visit(field.getValue(), fields.get(field.getKey()), path(path, field.getKey()), dropped);
                }
                return unknown;
            });
        }
    }

    private static String path(String parent, String field) {
        return parent.isEmpty() ? field : parent + "." + field;
    }
}
