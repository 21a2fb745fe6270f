package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares the JSON type of every known field with that of its model: the server's decoder converts nothing. */
public final class FieldTypes {
    private final ModelFields models;

    /** Creates a comparison with the fields of the models. */
    public FieldTypes(ModelFields models) {
        this.models = models;
    }

    /** Returns what is wrong with the first field whose type differs, in the words of Go's decoder; empty if none does. */
    public Optional<String> wrong(ResourceKind kind, ObjectNode object) {
        return wrong(object, models.of(kind), kind.kind());
    }

    private Optional<String> wrong(@Nullable JsonNode node, @Nullable JavaType type, String path) {
        if (node == null || node.isNull() || type == null) {
            return Optional.empty();
        }
        if (!fits(node, type)) {
            String found = node.getNodeType().name().toLowerCase(Locale.ROOT).replace("boolean", "bool");
            return Optional.of(
                    "json: cannot unmarshal " + found + " into Go struct field " + path + " of type " + goType(type));
        }
        if (node instanceof ArrayNode array) {
            return Json.values(array).stream()
                    .flatMap(item -> wrong(item, type.getContentType(), path).stream())
                    .findFirst();
        }
        if (node instanceof ObjectNode object) {
            Map<String, JavaType> fields = ModelFields.hasKnownFields(type) ? models.of(type) : Map.of();
            return object.properties().stream()
                    .flatMap(field -> wrong(
                            field.getValue(),
                            type.isMapLikeType() ? type.getContentType() : fields.get(field.getKey()),
                            path + "." + field.getKey())
                            .stream())
                    .findFirst();
        }
        return Optional.empty();
    }

    private static boolean fits(JsonNode node, JavaType type) {
        Class<?> raw = type.getRawClass();
        if (type.isCollectionLikeType()) {
            return node.isArray();
        }
        if (type.isMapLikeType() || ModelFields.hasKnownFields(type)) {
            return node.isObject();
        }
        if (raw == String.class || raw == MicroTime.class || type.isEnumType()) {
            return node.isTextual();
        }
        if (raw == Boolean.class) {
            return node.isBoolean();
        }
        if (raw == Integer.class) {
            return node.canConvertToInt() && node.isIntegralNumber();
        }
        if (raw == Long.class) {
            return node.isIntegralNumber();
        }
        if (raw == IntOrString.class || raw == Quantity.class) {
            return node.isTextual() || node.isNumber();
        }
        return true;
    }

    private static String goType(JavaType type) {
        if (type.isCollectionLikeType()) {
            return "[]" + goType(type.getContentType());
        }
        if (type.isMapLikeType()) {
            return "map[string]" + goType(type.getContentType());
        }
        return switch (type.getRawClass().getSimpleName()) {
            case "String", "MicroTime" -> "string";
            case "Boolean" -> "bool";
            case "Integer" -> "int32";
            case "Long" -> "int64";
            case String model -> model;
        };
    }
}
