package io.migpool.config.source;

/**
 * One key of one ConfigMap.
 *
 * @param namespace namespace of the ConfigMap
 * @param name name of the ConfigMap
 * @param key key in its {@code data}
 * @param uid UID of the ConfigMap; empty if it has not been seen at the API server. {@code kubectl describe} finds
 *     Events by it
 */
public record ConfigMapRef(String namespace, String name, String key, String uid) {

    /** Returns a reference to a ConfigMap that has not been seen. */
    public static ConfigMapRef unseen(String namespace, String name, String key) {
        return new ConfigMapRef(namespace, name, key, "");
    }

    ConfigMapRef withUid(String seen) {
        return new ConfigMapRef(namespace, name, key, seen);
    }

    /** Returns {@code namespace/name, key}. */
    @Override
    public String toString() {
        return namespace + "/" + name + ", " + key;
    }
}
