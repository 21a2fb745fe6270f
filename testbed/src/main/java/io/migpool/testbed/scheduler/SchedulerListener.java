package io.migpool.testbed.scheduler;

/** Is notified of the scheduler's actions, on the scheduler's threads; must return quickly. */
public interface SchedulerListener {

    /** A scheduling cycle ended. */
    default void decided(SchedulingAttempt attempt) {}

    /** Binding succeeded. */
    default void bound(String namespace, String pod, String node) {}

    /** Binding failed; the pod is retried. */
    default void bindFailed(String namespace, String pod, String node, String message) {}
}
