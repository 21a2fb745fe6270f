package io.migpool.deviceplugin.geometry;

import java.util.List;
import java.util.Map;

/** A node of a document that was read, with where it stands. */
sealed interface SpecNode {

    /** Line from 1, of the key in a mapping. */
    int line();

    /** What it is, for messages. */
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

    /** Anything that stands for itself. */
    record Scalar(Type type, String text, int line) implements SpecNode {

        /** What the format makes of it. */
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
