package io.migpool.extender.placement;

/**
 * Bounds the work on all nodes of one request. Every node may take the few steps that a plan without detours needs; what
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

    /** The limit of the next search. */
    StepLimit next() {
        return new StepLimit(Math.min(MOST_STEPS_OF_A_SEARCH, left + free));
    }

    /** The search has ended. */
    void spent(StepLimit limit) {
        left = Math.max(0, left - Math.max(0, limit.taken() - free));
    }

    /** Whether the next search may have to end before its time. */
    boolean isSpent() {
        return left == 0;
    }
}
