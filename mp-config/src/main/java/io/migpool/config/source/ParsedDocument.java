package io.migpool.config.source;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A document flattened to properties.
 *
 * @param properties value by key ({@code device-config.nvidia.defaultCores}, list indices as path elements), in
 *     document order; an empty list, an empty mapping and null become the empty string
 * @param locations place by key, for inner keys as well
 * @param warnings sentences about text that was read differently from how it is written
 */
public record ParsedDocument(Map<String, String> properties, Map<String, Location> locations, List<String> warnings) {

    /** An empty document. */
    public static final ParsedDocument EMPTY = new ParsedDocument(Map.of(), Map.of(), List.of());

    public ParsedDocument {
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
        locations = Map.copyOf(locations);
        warnings = List.copyOf(warnings);
    }

    /** Flattens a tree below a key. */
    static ParsedDocument layOut(String key, DocumentNode tree, List<String> warnings) {
        Map<String, String> properties = new LinkedHashMap<>();
        Map<String, Location> locations = new LinkedHashMap<>();
        add(key, tree, properties, locations);
        return new ParsedDocument(properties, locations, warnings);
    }

    private static void add(
            String key, DocumentNode node, Map<String, String> properties, Map<String, Location> locations) {
        locations.put(key, node.at());
        switch (node) {
            case DocumentNode.Scalar scalar -> properties.put(key, scalar.text());
            case DocumentNode.Sequence sequence -> {
                if (sequence.elements().isEmpty()) {
                    properties.put(key, "");
                }
                int index = 0;
                for (DocumentNode element : sequence.elements()) {
                    add(key + "." + index++, element, properties, locations);
                }
            }
            case DocumentNode.Mapping mapping -> {
                if (mapping.entries().isEmpty()) {
                    properties.put(key, "");
                }
                mapping.entries().forEach((name, entry) -> add(key + "." + name, entry, properties, locations));
            }
        }
    }
}
