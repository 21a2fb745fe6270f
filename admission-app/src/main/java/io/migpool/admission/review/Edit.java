package io.migpool.admission.review;

import java.util.List;

/** One change to a pod. Paths are the field names and list positions from the pod's root, not escaped. */
sealed interface Edit {

    /**
     * Gives a field a text value; objects missing on the way are created.
     *
     * @param path where
     * @param value the text
     */
    record Put(List<String> path, String value) implements Edit {
        public Put {
            path = List.copyOf(path);
        }
    }

    /**
     * Gives a container an environment variable, in place of any it has under that name.
     *
     * @param container path of the container
     * @param name the variable
     * @param value its value
     */
    record PutEnvironment(List<String> container, String name, String value) implements Edit {
        public PutEnvironment {
            container = List.copyOf(container);
        }
    }

    /**
     * Removes a field; no change if it is not there.
     *
     * @param path where
     */
    record Drop(List<String> path) implements Edit {
        public Drop {
            path = List.copyOf(path);
        }
    }
}
