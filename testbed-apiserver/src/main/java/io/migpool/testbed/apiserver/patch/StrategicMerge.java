package io.migpool.testbed.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Strategic merge patch: a JSON merge in which some lists are merged by a key of their elements.
 *
 * <p>The keys are those of the {@code patchMergeKey} tags in {@code k8s.io/api}; lists that are not named here are
 * replaced.
 */
public final class StrategicMerge {
    private static final Map<String, String> MERGE_KEYS = Map.ofEntries(
            Map.entry("containers", "name"),
            Map.entry("initContainers", "name"),
            Map.entry("ephemeralContainers", "name"),
            Map.entry("env", "name"),
            Map.entry("volumes", "name"),
            Map.entry("volumeMounts", "mountPath"),
            Map.entry("volumeDevices", "devicePath"),
            Map.entry("imagePullSecrets", "name"),
            Map.entry("secrets", "name"),
            Map.entry("hostAliases", "ip"),
            Map.entry("podIPs", "ip"),
            Map.entry("hostIPs", "ip"),
            Map.entry("topologySpreadConstraints", "topologyKey"),
            Map.entry("schedulingGates", "name"),
            Map.entry("resourceClaims", "name"),
            Map.entry("conditions", "type"),
            Map.entry("addresses", "type"),
            Map.entry("ownerReferences", "uid"),
            Map.entry("webhooks", "name"),
            Map.entry("matchConditions", "name"),
            Map.entry("variables", "name"));
    private static final Set<String> MERGED_SETS = Set.of("finalizers", "podCIDRs");
    private static final String DIRECTIVE = "$patch";
    private static final String ORDER = "$setElementOrder/";
    private static final String DELETE_FROM_SET = "$deleteFromPrimitiveList/";
    private static final String RETAIN_KEYS = "$retainKeys";

    private StrategicMerge() {}

    /**
     * Returns the target with the patch applied; modifies neither argument.
     *
     * @param target an object with its {@code kind}
     * @param patch the fields to merge, with directives
     */
    public static ObjectNode apply(ObjectNode target, ObjectNode patch) {
        return merge(target.deepCopy(), patch, target.path("kind").asText());
    }

    private static ObjectNode merge(ObjectNode target, ObjectNode patch, String kind) {
        String directive = Json.text(patch, DIRECTIVE);
        if (directive.equals("replace")) {
            return withoutDirectives(patch);
        }
        if (directive.equals("delete")) {
            return Json.object();
        }
        if (patch.has(RETAIN_KEYS)) {
            target.retain(Json.texts(patch, RETAIN_KEYS));
        }
        patch.properties().forEach(field -> mergeField(target, field.getKey(), field.getValue(), kind));
        patch.properties().forEach(field -> {
            if (field.getKey().startsWith(ORDER)) {
                reorder(target, field.getKey().substring(ORDER.length()), field.getValue(), kind);
            }
        });
        return target;
    }

    private static void mergeField(ObjectNode target, String name, JsonNode value, String kind) {
        if (name.startsWith(DELETE_FROM_SET)) {
            if (target.get(name.substring(DELETE_FROM_SET.length())) instanceof ArrayNode set) {
                removeAll(set, value);
            }
        } else if (name.startsWith("$")) {
            return;
        } else if (value.isNull()) {
            target.remove(name);
        } else if (value instanceof ObjectNode patch) {
            ObjectNode current = target.get(name) instanceof ObjectNode object ? object : Json.object();
            if (Json.text(patch, DIRECTIVE).equals("delete")) {
                target.remove(name);
            } else {
                target.set(name, merge(current, patch, kind));
            }
        } else if (value instanceof ArrayNode patch) {
            ArrayNode current = target.get(name) instanceof ArrayNode array ? array : Json.array();
            target.set(name, mergeList(current, patch, name, kind));
        } else {
            target.set(name, value.deepCopy());
        }
    }

    private static ArrayNode mergeList(ArrayNode current, ArrayNode patch, String name, String kind) {
        if (MERGED_SETS.contains(name)) {
            ArrayNode merged = current.deepCopy();
            patch.forEach(value -> {
                if (Json.values(current).stream().noneMatch(value::equals)) {
                    merged.add(value);
                }
            });
            return merged;
        }
        String key = mergeKey(name, kind);
        boolean replace = Json.values(patch).stream().anyMatch(item -> isDirective(item, "replace"));
        if (key.isEmpty() || replace) {
            ArrayNode replaced = Json.array();
            Json.values(patch).stream()
                    .filter(item -> !item.has(DIRECTIVE))
                    .forEach(item -> replaced.add(item.deepCopy()));
            return replaced;
        }
        List<JsonNode> merged = Json.values(current);
        for (JsonNode item : patch) {
            mergeItem(merged, item, name, key, kind);
        }
        return Json.array().addAll(merged);
    }

    private static void mergeItem(List<JsonNode> merged, JsonNode item, String name, String key, String kind) {
        String id = id(item, key);
        if (id.isEmpty() || !(item instanceof ObjectNode patch)) {
            throw ApiException.of(
                    422,
                    "Invalid",
                    "map: " + item + " does not contain declared merge key: " + key + " (in list " + name + ")");
        }
        if (isDirective(item, "delete")) {
            merged.removeIf(candidate -> id(candidate, key).equals(id));
            return;
        }
        for (int i = 0; i < merged.size(); i++) {
            if (merged.get(i) instanceof ObjectNode candidate
                    && id(candidate, key).equals(id)) {
                merged.set(i, merge(candidate, patch, kind));
                return;
            }
        }
        merged.add(merge(Json.object(), patch, kind));
    }

    private static void reorder(ObjectNode target, String name, JsonNode order, String kind) {
        if (!(target.get(name) instanceof ArrayNode list)) {
            return;
        }
        String key = mergeKey(name, kind);
        List<String> wanted = Json.values(order).stream()
                .map(item -> key.isEmpty() ? item.asText() : id(item, key))
                .toList();
        List<JsonNode> items = Json.values(list);
        // Elements that the order does not name come after those that it names, in their present order.
        items.sort(Comparator.comparingInt(item -> {
            int position = wanted.indexOf(key.isEmpty() ? item.asText() : id(item, key));
            return position < 0 ? Integer.MAX_VALUE : position;
        }));
        list.removeAll();
        list.addAll(items);
    }

    private static String mergeKey(String list, String kind) {
        if (list.equals("ports")) {
            return kind.equals("Service") ? "port" : "containerPort";
        }
        return MERGE_KEYS.getOrDefault(list, "");
    }

    private static String id(JsonNode item, String key) {
        return Json.text(item, key);
    }

    private static boolean isDirective(JsonNode item, String directive) {
        return Json.text(item, DIRECTIVE).equals(directive);
    }

    private static ObjectNode withoutDirectives(ObjectNode patch) {
        ObjectNode plain = patch.deepCopy();
        plain.remove(DIRECTIVE);
        return plain;
    }

    private static void removeAll(ArrayNode set, JsonNode values) {
        List<JsonNode> kept = Json.values(set).stream()
                .filter(value -> Json.values(values).stream().noneMatch(value::equals))
                .toList();
        set.removeAll();
        set.addAll(kept);
    }
}
