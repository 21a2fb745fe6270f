package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What planning pods of one shape has given, by node, and the nodes that fit in the policy's order: both are kept from one
 * request to the next, because between two requests few nodes change. Not thread-safe.
 */
final class ShapeMemory {

    /** The order does not pay where more than one in so many nodes has changed, or fewer than one in so many is asked for. */
    private static final int FEW = 4;

    private final PodDemand pod;
    private final Map<String, Known> byNode = new HashMap<>();
    private final List<Fits> fits = new ArrayList<>();
    private final List<DoesNotFit> refusals = new ArrayList<>();
    private PlacementPolicy policy;
    private NodePlanner planner;
    private long request;
    private int planned;
    private int mostAsked;

    /** The outcomes that fit, best first, whether the last request asked for them or not; null until needed. */
    private @Nullable NavigableSet<Known> inOrder;

    /**
     * @param pod a pod of the shape
     * @param policy what applies to it
     */
    ShapeMemory(PodDemand pod, PlacementPolicy policy) {
        this.pod = pod;
        this.policy = policy;
        this.planner = new NodePlanner(pod, policy);
    }

    /** A node's outcome, what it rests on, and the last request that used it. */
    private static final class Known {
        private final NodeView view;
        private final PlacementPolicy policy;
        private final PlanOutcome outcome;
        private final boolean complete;
        private long asked;

        Known(NodeView view, PlacementPolicy policy, PlanOutcome outcome, boolean complete) {
            this.view = view;
            this.policy = policy;
            this.outcome = outcome;
            this.complete = complete;
        }

        @SuppressWarnings("ReferenceEquality") // comparing what is equal but not the same would cost more than planning
        boolean isGood(NodeView now, PlacementPolicy due) {
            return complete && view == now && (policy == due || (isRefusedByAll() && policy.refusesLike(due)));
        }

        private boolean isRefusedByAll() {
            return outcome instanceof DoesNotFit refusal && refusal.reason().code() != ReasonCode.SEARCH_LIMIT;
        }
    }

    /** Plans with this policy from now on. */
    @SuppressWarnings("ReferenceEquality") // policies have no other identity
    void follow(PlacementPolicy due) {
        if (policy != due) {
            policy = due;
            planner = new NodePlanner(pod, due);
            inOrder = null;
        }
    }

    /** Returns the number of nodes remembered. */
    int remembered() {
        return byNode.size();
    }

    /** Returns the most nodes that a request has asked for since all were forgotten: some ask for a single one. */
    int mostAsked() {
        return mostAsked;
    }

    /** Forgets all nodes. */
    void clear() {
        mostAsked = 0;
        byNode.clear();
        inOrder = null;
    }

    /**
     * Ranks the nodes; one that is given twice counts once.
     *
     * @return the ranking, valid until the next one is asked for
     */
    Ranking rank(List<NodeView> nodes, StepBudget budget) {
        request++;
        planned = 0;
        mostAsked = Math.max(mostAsked, nodes.size());
        fits.clear();
        refusals.clear();
        for (NodeView node : nodes) {
            Known known = upToDate(node, budget);
            if (known.asked != request) {
                known.asked = request;
                switch (known.outcome) {
                    case Fits fit -> fits.add(fit);
                    case DoesNotFit refusal -> refusals.add(refusal);
                }
            }
        }
        return new Ranking(fits, refusals, policy.nodes(), this::best);
    }

    private Known upToDate(NodeView node, StepBudget budget) {
        Known known = byNode.get(node.name());
        if (known != null && known.isGood(node, policy)) {
            return known;
        }
        planned++;
        PlanOutcome outcome = planner.plan(node, budget);
        // The next request continues where this one had to stop.
        Known replanned = new Known(node, policy, outcome, !(outcome instanceof DoesNotFit && budget.isSpent()));
        byNode.put(node.name(), replanned);
        if (inOrder != null) {
            if (known != null && known.outcome instanceof Fits) {
                inOrder.remove(known);
            }
            if (outcome instanceof Fits) {
                inOrder.add(replanned);
            }
        }
        return replanned;
    }

    private List<Fits> best(int most) {
        if (planned > fits.size() / FEW || fits.size() < byNode.size() / FEW) {
            return Ranking.best(fits, policy.nodes(), most);
        }
        NavigableSet<Known> all = inOrder();
        return all.stream()
                .filter(known -> known.asked == request)
                .limit(most)
                .map(known -> (Fits) known.outcome)
                .toList();
    }

    private NavigableSet<Known> inOrder() {
        NavigableSet<Known> all = inOrder;
        if (all == null) {
            all = new TreeSet<>(Comparator.comparing(known -> (Fits) known.outcome, policy.nodes()));
            for (Known known : byNode.values()) {
                if (known.outcome instanceof Fits) {
                    all.add(known);
                }
            }
            inOrder = all;
        }
        return all;
    }
}
