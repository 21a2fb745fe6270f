package io.migpool.admission.review;

import java.util.List;

/** One change to a pod. Paths are the field names and list positions from the pod's root, not escaped. */
sealed interface Edit {

    /**
     * Sets a field to a text value; missing objects on the path are created.
     *
     * @param path path of the field
     * @param value the text
     */
    record Put(List<String> path, String value) implements Edit {
        public Put {
            path = List.copyOf(path);
        }
    }

    /**
     * Sets an environment variable of a container, replacing any with that name.
     *
     * @param container path of the container
     * @param name the variable
     */
    record PutEnvironment(List<String> container, String name, String value) implements Edit {
        public PutEnvironment {
            container = List.copyOf(container);
        }
    }

    /**
     * Removes a field if it exists.
     *
     * @param path path of the field
     */
    record Drop(List<String> path) implements Edit {
        public Drop {
            path = List.copyOf(path);
        }
    }
}
