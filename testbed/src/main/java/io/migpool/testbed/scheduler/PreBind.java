package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;

/** A wait between the choice of a node and the binding, for example for volumes, of up to ten minutes. */
@FunctionalInterface
public interface PreBind {

    /** Does not wait. */
    PreBind NONE = pod -> {};

    /** Blocks until the pod may be bound. */
    void await(Pod pod) throws InterruptedException;
}
