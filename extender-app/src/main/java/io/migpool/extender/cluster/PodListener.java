package io.migpool.extender.cluster;

/** A listener for changes to GPU pods, called after the views show them and under no lock of the state. */
public interface PodListener {

    /** Called when a pod becomes known, bound or not. */
    default void appeared(PodEntry pod) {}

    /** Called when the pod is bound to some node. */
    void bound(String uid);

    /** Called when the pod is deleted or has ended. */
    void gone(String uid);
}
