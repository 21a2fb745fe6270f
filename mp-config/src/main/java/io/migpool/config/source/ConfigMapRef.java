package io.migpool.config.source;

/**
 * One key of one ConfigMap.
 *
 * @param namespace namespace of the ConfigMap
 * @param name name of the ConfigMap
 * @param key key in its {@code data}
 */
public record ConfigMapRef(String namespace, String name, String key) {

    /** Returns {@code namespace/name, key}. */
    @Override
    public String toString() {
        return namespace + "/" + name + ", " + key;
    }
}
