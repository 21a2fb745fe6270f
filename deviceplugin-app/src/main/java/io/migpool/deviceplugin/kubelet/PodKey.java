package io.migpool.deviceplugin.kubelet;

/** A pod as identified by kubelet's sources. */
public sealed interface PodKey {

    /**
     * By its uid (checkpoint).
     *
     * @param uid the uid
     */
    record ByUid(String uid) implements PodKey {}

    /**
     * By its name (PodResources, which has no uid).
     *
     * @param namespace its namespace
     * @param name its name
     */
    record ByName(String namespace, String name) implements PodKey {}
}
