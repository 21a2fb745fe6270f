package io.migpool.testbed.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.CompatibilityFlags;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.util.EnumSet;

/** A patch of one of the three kinds that the server supports. */
public sealed interface Patch {
    /** A JSON patch (RFC 6902). */
    record Operations(JsonNode operations) implements Patch {}

    /** A JSON merge patch (RFC 7386). */
    record Merge(ObjectNode fields) implements Patch {}

    /** Kubernetes' strategic merge patch. */
    record Strategic(ObjectNode fields) implements Patch {}

    /** Parses a body of the given media type. */
    static Patch parse(String mediaType, String body) {
        return switch (mediaType) {
            case "application/json-patch+json" -> new Operations(Json.parse(body));
            case "application/merge-patch+json" -> new Merge(Json.parseObject(body));
            case "application/strategic-merge-patch+json" -> new Strategic(Json.parseObject(body));
            case "application/apply-patch+yaml", "application/apply-patch+cbor" ->
                throw ApiException.of(
                        415,
                        "UnsupportedMediaType",
                        "server-side apply is not served by this API server double; use a JSON, merge or strategic"
                                + " merge patch (kubectl apply without --server-side)");
            default ->
                throw ApiException.of(
                        415,
                        "UnsupportedMediaType",
                        "the body of the request was in an unknown format - accepted media types include: "
                                + "application/json-patch+json, application/merge-patch+json, "
                                + "application/strategic-merge-patch+json; it came as \"" + mediaType + "\"");
        };
    }

    /** Returns the target with this patch applied; does not modify the target. */
    default ObjectNode apply(ObjectNode target) {
        return switch (this) {
            case Operations(JsonNode operations) -> applyOperations(operations, target);
            case Merge(ObjectNode fields) -> merge(target.deepCopy(), fields);
            case Strategic(ObjectNode fields) -> StrategicMerge.apply(target, fields);
        };
    }

    private static ObjectNode applyOperations(JsonNode operations, ObjectNode target) {
        try {
            if (JsonPatch.apply(
                            operations, target.deepCopy(), EnumSet.of(CompatibilityFlags.FORBID_REMOVE_MISSING_OBJECT))
                    instanceof ObjectNode patched) {
                return patched;
            }
        } catch (JsonPatchException e) {
            throw ApiException.of(
                    422,
                    "Invalid",
                    "the server rejected our request due to an error in our request: " + e.getMessage());
        }
        throw ApiException.of(422, "Invalid", "the JSON patch leaves no object");
    }

    private static ObjectNode merge(ObjectNode target, ObjectNode patch) {
        patch.properties().forEach(field -> {
            switch (field.getValue()) {
                case ObjectNode nested -> {
                    ObjectNode current = target.get(field.getKey()) instanceof ObjectNode o ? o : Json.object();
                    target.set(field.getKey(), merge(current, nested));
                }
                case JsonNode value when value.isNull() -> target.remove(field.getKey());
                case JsonNode value -> target.set(field.getKey(), value.deepCopy());
            }
        });
        return target;
    }
}
