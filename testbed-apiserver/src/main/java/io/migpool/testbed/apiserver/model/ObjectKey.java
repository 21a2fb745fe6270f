package io.migpool.testbed.apiserver.model;

/**
 * Where an object is stored.
 *
 * @param kind its resource
 * @param namespace its namespace, empty for a cluster-scoped object
 */
public record ObjectKey(ResourceKind kind, String namespace, String name) {
    /** Returns the key by which lists are ordered: by namespace, then by name. */
    public String path() {
        return namespace + "/" + name;
    }
}
