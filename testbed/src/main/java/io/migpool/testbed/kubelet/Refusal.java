package io.migpool.testbed.kubelet;

/**
 * Why a pod cannot be admitted.
 *
 * @param reason as in a pod status
 * @param message what is missing
 */
record Refusal(String reason, String message) {

    /** Returns the refusal for an amount that the node does not have, in kubelet's words. */
    static Refusal outOf(String resource, long requested, long used, long capacity) {
        return new Refusal(
                "OutOf" + resource,
                "Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d"
                        .formatted(resource, requested, used, capacity));
    }
}
