package io.migpool.extender.placement;

import io.migpool.contracts.policy.NodePolicy;
import io.migpool.extender.placement.PlanOutcome.Fits;
import java.util.Comparator;

/**
 * The order of nodes under a node policy, best first. {@link PlanCost#compareBeforeAnyPolicy} precedes the policy. Later ties
 * go to what takes least from later requests, existing instances, the fuller node, the name. Under {@code
 * fragmentation}, software shares go to the fullest GPUs of the whole cluster, so that others stay whole. Written out,
 * because a decision compares every node.
 */
record NodeOrder(NodePolicy policy) implements Comparator<Fits> {

    @Override
    public int compare(Fits one, Fits other) {
        int order = compare(one.cost(), other.cost());
        return order != 0 ? order : one.node().compareTo(other.node());
    }

    private int compare(PlanCost one, PlanCost other) {
        int before = one.compareBeforeAnyPolicy(other);
        if (before != 0) {
            return before;
        }
        int taken = Integer.compare(one.takenAfterPermille(), other.takenAfterPermille());
        int chosen =
                switch (policy) {
                    case FRAGMENTATION -> 0;
                    case BINPACK -> -taken;
                    case SPREAD -> taken;
                };
        if (chosen != 0) {
            return chosen;
        }
        if (one.fragmentation() != other.fragmentation()) {
            return Long.compare(one.fragmentation(), other.fragmentation());
        }
        if (policy == NodePolicy.FRAGMENTATION && one.sharedPermille() != other.sharedPermille()) {
            return Integer.compare(other.sharedPermille(), one.sharedPermille());
        }
        return one.idleReused() != other.idleReused() ? Integer.compare(other.idleReused(), one.idleReused()) : -taken;
    }
}
