package io.migpool.config.source;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A document as a tree; every node knows its place. */
sealed interface DocumentNode {

    /** Returns where the node begins; for a value in a mapping, where its key is. */
    Location at();

    /**
     * A single value.
     *
     * @param text as written, without quotes; empty for null
     */
    record Scalar(String text, Location at) implements DocumentNode {}

    /** A list. */
    record Sequence(List<DocumentNode> elements, Location at) implements DocumentNode {
        public Sequence {
            elements = List.copyOf(elements);
        }
    }

    /** A mapping in the order of the document. */
    record Mapping(Map<String, DocumentNode> entries, Location at) implements DocumentNode {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }
    }
}
