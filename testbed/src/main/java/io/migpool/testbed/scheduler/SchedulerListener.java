package io.migpool.testbed.scheduler;

/** Is told what the scheduler does, in its own threads; must return quickly. */
public interface SchedulerListener {

    /** A scheduling cycle ended. */
    default void decided(SchedulingAttempt attempt) {}

    /** Binding succeeded. */
    default void bound(String namespace, String pod, String node) {}

    /** Binding failed; the pod is tried again. */
    default void bindFailed(String namespace, String pod, String node, String message) {}
}
