package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ranks nodes for pods, and plans only what has changed since a pod of the same shape was ranked last. The result is what
 * planning every node from scratch gives, without the reasons of single GPUs.
 *
 * <p>An outcome is remembered by shape of demand and node, with the view and the policy it rests on. It is valid as long as
 * the node's view is the very same object. When only the policy is another one, because the observed requests have moved or
 * the cluster's policy was changed, refusals stay valid if both policies refuse the same GPUs.
 *
 * <p>Not thread-safe: callers use it under their own lock.
 */
public final class Rankings {

    /** Outcomes remembered for all shapes together, at a few hundred bytes each; the shape not asked for longest goes first. */
    private static final int MOST_OUTCOMES = 400_000;

    /** Shapes remembered: each has a planner with what it found out about boards. */
    private static final int MOST_SHAPES = 1024;

    /** Length of the text (lists of GPUs and the like) in one pod's annotations beyond which its shape is not remembered. */
    private static final int MOST_CHARACTERS = 4096;

    /** Nodes that are gone are not asked for again: the cache of a shape with far more nodes than are asked for is cleared. */
    private static final int MANY_TIMES = 4;

    private static final int A_FEW = 4096;

    private final PolicySource policies;
    private final Map<PodDemand.Shape, Memory> memories = new LinkedHashMap<>(16, 0.75f, true);
    private final List<Fits> fits = new ArrayList<>();
    private final List<DoesNotFit> refusals = new ArrayList<>();
    private int remembered;
    private long request;

    Rankings(PolicySource policies) {
        this.policies = policies;
    }

    /** A node's outcome, what it rests on, and the last request that used it. */
    private static final class Known {
        private NodeView view;
        private PlacementPolicy policy;
        private PlanOutcome outcome;
        private boolean complete = true;
        private long asked;

        Known(NodeView view, PlacementPolicy policy, PlanOutcome outcome) {
            this.view = view;
            this.policy = policy;
            this.outcome = outcome;
        }

        @SuppressWarnings("ReferenceEquality") // comparing what is equal but not the same would cost more than planning
        boolean isGood(NodeView now, PlacementPolicy due) {
            return complete && view == now && (policy == due || (isRefusedByAll() && policy.refusesLike(due)));
        }

        private boolean isRefusedByAll() {
            return outcome instanceof DoesNotFit refusal && refusal.reason().code() != ReasonCode.SEARCH_LIMIT;
        }
    }

    /** Everything known about one shape. */
    private static final class Memory {
        private final PodDemand pod;
        private final Map<String, Known> byNode = new HashMap<>();
        private PlacementPolicy policy;
        private NodePlanner planner;

        Memory(PodDemand pod, PlacementPolicy policy) {
            this.pod = pod;
            this.policy = policy;
            this.planner = new NodePlanner(pod, policy);
        }

        @SuppressWarnings("ReferenceEquality") // policies have no other identity
        void follow(PlacementPolicy due) {
            if (policy != due) {
                policy = due;
                planner = new NodePlanner(pod, due);
            }
        }
    }

    /**
     * Ranks the nodes; one that is given twice counts once. The cost beyond a look at every node depends on what has
     * changed, not on how many nodes there are.
     *
     * @return the ranking, valid until the next one is asked for
     */
    public Ranking rank(PodDemand pod, List<NodeView> nodes) {
        PlacementPolicy policy = policies.of(pod);
        boolean isRemembered = pod.characters() <= MOST_CHARACTERS;
        Memory memory = isRemembered
                ? memories.computeIfAbsent(pod.shape(), shape -> new Memory(pod, policy))
                : new Memory(pod, policy);
        memory.follow(policy);
        StepBudget budget = new StepBudget(pod);
        request++;
        fits.clear();
        refusals.clear();
        for (NodeView node : isRemembered ? nodes : byName(nodes)) {
            Known known = look(memory, node, budget);
            if (known.asked != request) {
                known.asked = request;
                switch (known.outcome) {
                    case Fits fit -> fits.add(fit);
                    case DoesNotFit refusal -> refusals.add(refusal);
                }
            }
        }
        if (isRemembered) {
            forget(memory, nodes.size());
        } else {
            clear(memory);
        }
        return new Ranking(fits, refusals, policy.nodes());
    }

    /**
     * Long searches share their steps, so their order decides what is found. The scheduler's order differs each time, and
     * it retries a pod at once if its refusal reads differently. Remembered outcomes converge by themselves.
     */
    private static List<NodeView> byName(List<NodeView> nodes) {
        return nodes.stream().sorted(Comparator.comparing(NodeView::name)).toList();
    }

    private Known look(Memory memory, NodeView node, StepBudget budget) {
        Known known = memory.byNode.get(node.name());
        if (known == null) {
            known = new Known(node, memory.policy, memory.planner.plan(node, budget));
            memory.byNode.put(node.name(), known);
            remembered++;
        } else if (!known.isGood(node, memory.policy)) {
            known.outcome = memory.planner.plan(node, budget);
            known.view = node;
            known.policy = memory.policy;
        } else {
            return known;
        }
        // The next request continues where this one had to stop.
        known.complete = !(known.outcome instanceof DoesNotFit && budget.isSpent());
        return known;
    }

    /** Returns the number of shapes remembered. */
    int shapes() {
        return memories.size();
    }

    /** Returns the number of outcomes remembered. */
    public int remembered() {
        return remembered;
    }

    private void forget(Memory present, int asked) {
        if (present.byNode.size() > MANY_TIMES * asked + A_FEW) {
            clear(present);
        }
        Iterator<Memory> eldest = memories.values().iterator();
        while (remembered > MOST_OUTCOMES || memories.size() > MOST_SHAPES) {
            clear(eldest.next());
            eldest.remove();
        }
    }

    private void clear(Memory memory) {
        remembered -= memory.byNode.size();
        memory.byNode.clear();
    }
}
