package io.migpool.extender.cluster;

/** Is told what became of GPU pods, after the views show it. Called under no lock of the state. */
public interface PodListener {

    /** The pod is known from now on, bound or not. */
    default void appeared(PodEntry pod) {}

    /** The pod is bound to some node. */
    void bound(String uid);

    /** The pod is deleted or has ended. */
    void gone(String uid);
}
