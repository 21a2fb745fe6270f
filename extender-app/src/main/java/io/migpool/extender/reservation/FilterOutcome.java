package io.migpool.extender.reservation;

import io.migpool.extender.pool.ReasonCode;
import java.util.List;
import java.util.Map;

/** The decision of filter. */
public sealed interface FilterOutcome {

    /** The pod asks for no GPU: filter excludes no node. */
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
     * Nothing can be decided now; the scheduler should ask again within seconds.
     *
     * @param message the reason
     */
    record Retry(String message) implements FilterOutcome {}
}
