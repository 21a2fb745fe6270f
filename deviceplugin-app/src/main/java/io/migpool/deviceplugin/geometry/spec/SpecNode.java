package io.migpool.deviceplugin.geometry.spec;

import java.util.List;
import java.util.Map;

/** A node of a document, with its place. */
sealed interface SpecNode {

    /** Returns the line, from 1; for a value in a mapping, that of its key. */
    int line();

    /** Returns its kind, for messages. */
    String kind();

    record Mapping(Map<String, SpecNode> entries, int line) implements SpecNode {

        @Override
        public String kind() {
            return entries.isEmpty() ? "an empty mapping" : "a mapping";
        }
    }

    record Sequence(List<SpecNode> elements, int line) implements SpecNode {

        @Override
        public String kind() {
            return "a list of " + elements.size();
        }
    }

    /** A scalar value. */
    record Scalar(Type type, String text, int line) implements SpecNode {

        /** Its type in the document's format. */
        enum Type {
            TEXT,
            INTEGER,
            OTHER_NUMBER,
            TRUE,
            FALSE,
            NOTHING
        }

        @Override
        public String kind() {
            return type == Type.NOTHING ? "nothing" : "'" + text + "'";
        }
    }
}
