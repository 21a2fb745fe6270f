package io.migpool.testbed.apiserver.selectors;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Selects objects. */
@FunctionalInterface
public interface Selector {
    boolean matches(ObjectNode object);

    /** Returns whether this is known to select every object. */
    default boolean isEverything() {
        return false;
    }

    static Selector everything() {
        return new Selector() {
            @Override
            public boolean matches(ObjectNode object) {
                return true;
            }

            @Override
            public boolean isEverything() {
                return true;
            }
        };
    }

    default Selector and(Selector other) {
        if (isEverything()) {
            return other;
        }
        return other.isEverything() ? this : object -> matches(object) && other.matches(object);
    }
}
