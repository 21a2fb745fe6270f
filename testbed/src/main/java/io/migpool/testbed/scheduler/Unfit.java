package io.migpool.testbed.scheduler;

import java.util.List;

/**
 * Why a pod does not fit a node.
 *
 * @param reasons reasons, each counted separately in the pod's message
 * @param preemptionMayHelp whether removing pods could make it fit
 */
record Unfit(List<String> reasons, boolean preemptionMayHelp) {

    Unfit {
        reasons = List.copyOf(reasons);
    }

    static Unfit forGood(String reason) {
        return new Unfit(List.of(reason), false);
    }

    static Unfit forNow(String reason) {
        return new Unfit(List.of(reason), true);
    }
}
