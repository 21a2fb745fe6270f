package io.migpool.deviceplugin.kubelet;

/** A pod as identified by kubelet's sources. */
public sealed interface PodKey {

    /** By its uid (checkpoint). */
    record ByUid(String uid) implements PodKey {}

    /** By its name (PodResources, which has no uid). */
    record ByName(String namespace, String name) implements PodKey {}
}
