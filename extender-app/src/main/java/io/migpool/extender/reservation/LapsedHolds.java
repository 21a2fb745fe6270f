package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.NodeView;
import java.util.function.Predicate;

/** Drops promises whose room another pod has taken; the others stay valid. */
final class LapsedHolds {

    private LapsedHolds() {}

    /**
     * @param plan the plan that took room, already in the book
     * @param kept holds that were respected
     */
    static void dropOverrun(HoldBook book, ClusterView cluster, Plan plan, Predicate<Hold> kept) {
        for (Hold hold : book.on(plan.node())) {
            if (!kept.test(hold)) {
                boolean stillGood = book.node(plan.node(), other -> kept.test(other), () -> cluster.node(plan.node()))
                        .map(view -> admits(view, hold))
                        .orElse(false);
                if (!stillGood) {
                    book.release(hold.pod().uid());
                }
            }
        }
    }

    private static boolean admits(NodeView view, Hold hold) {
        return view.admits(hold.plan().occupancy());
    }
}
