package io.migpool.extender.reservation;

import io.migpool.extender.placement.ReasonCode;
import java.util.List;
import java.util.Map;

/** What filter decided. */
public sealed interface FilterOutcome {

    /** The pod asks for no GPU: every node is as good as before. */
    record PassThrough() implements FilterOutcome {}

    /**
     * Some nodes take the pod.
     *
     * @param nodes those nodes, best first, at least one
     * @param refused the others, with the reason
     */
    record Placed(List<String> nodes, Map<String, String> refused) implements FilterOutcome {}

    /**
     * No node takes the pod, and evicting others by priority would not help.
     *
     * @param refused every node with the reason
     * @param closest kind of reason of the node that came closest to taking the pod
     */
    record Refused(Map<String, String> refused, ReasonCode closest) implements FilterOutcome {}

    /**
     * Nothing can be decided now; the scheduler shall ask again within seconds.
     *
     * @param message why
     */
    record Retry(String message) implements FilterOutcome {}
}
