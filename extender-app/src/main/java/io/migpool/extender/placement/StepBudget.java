package io.migpool.extender.placement;

import io.migpool.extender.pool.PodDemand;

/**
 * Bounds the work on all nodes of one request. Every node may use the few steps that a plan without detours needs; what
 * longer searches take beyond that, the nodes share. Not thread-safe.
 */
final class StepBudget {

    private static final int MOST_STEPS_OF_A_SEARCH = 20_000;
    private static final int MOST_STEPS = 100_000;

    private final int free;
    private int left = MOST_STEPS;

    StepBudget(PodDemand pod) {
        this.free = 2 * pod.slots().size();
    }

    /** Returns the limit of the next search. */
    StepLimit next() {
        return new StepLimit(Math.min(MOST_STEPS_OF_A_SEARCH, left + free));
    }

    /** Records that the search has ended. */
    void spent(StepLimit limit) {
        left = Math.max(0, left - Math.max(0, limit.taken() - free));
    }

    /** Returns whether the next search may be cut short. */
    boolean isSpent() {
        return left == 0;
    }
}
