package io.migpool.extender.cluster;

/** A listener for changes to GPU pods, called after the views show them and under no lock of the state. */
public interface PodListener {

    /** Called when a pod becomes known, bound or not. */
    default void appeared(PodEntry pod) {}

    /** Called once when a pod that appeared is known to be bound; its reservation is null if it has none that is believed. */
    default void placed(PodEntry pod) {}

    /** Called whenever a pod that is bound to some node is reported. */
    void bound(String uid);

    /** Called when the pod is deleted or has ended. */
    void gone(String uid);
}
