package io.migpool.testbed.scheduler;

import java.util.List;

/**
 * One scheduling cycle, recorded for tests.
 *
 * @param namespace namespace of the pod
 * @param pod name of the pod
 * @param attempt number of the pod's cycle, from 1
 * @param offered nodes that passed the built-in filters, in the order in which the extender saw them
 */
public record SchedulingAttempt(
        String namespace, String pod, String podUid, int attempt, List<String> offered, Outcome outcome) {

    /** Copies the nodes. */
    public SchedulingAttempt {
        offered = List.copyOf(offered);
    }

    /** How a cycle ended. */
    public sealed interface Outcome {

        /** A node was chosen and binding began. */
        record Placed(String node) implements Outcome {}

        /** No node fits; the pod waits for an event. */
        record Refused(String message) implements Outcome {}

        /** Something failed; the pod is retried after a back-off. */
        record Errored(String message) implements Outcome {}
    }
}
