package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;

/** What the scheduler waits for between the choice of a node and the binding, for example volumes: up to ten minutes. */
@FunctionalInterface
public interface PreBind {

    /** Waits for nothing. */
    PreBind NONE = pod -> {};

    /** Blocks until the pod may be bound. */
    void await(Pod pod) throws InterruptedException;
}
