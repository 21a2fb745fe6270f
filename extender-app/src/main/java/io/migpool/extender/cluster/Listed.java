package io.migpool.extender.cluster;

/** Kinds of objects that must be listed once before anything may be decided. */
public enum Listed {
    NODES,
    PODS,
    QUOTAS,
    NAMESPACES
}
