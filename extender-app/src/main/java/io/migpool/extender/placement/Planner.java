package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Decides whether and where a pod fits: one node, or the best of many. Stateless. */
public final class Planner {

    private final PolicySource policies;

    /** Creates a planner with one policy for all pods. */
    public Planner(PlacementPolicy policy) {
        this(pod -> policy);
    }

    /** Creates a planner that asks for the policy of each pod. */
    public Planner(PolicySource policies) {
        this.policies = policies;
    }

    /** Returns a human-readable description of the policy that applies to this pod. */
    public String policyOf(PodDemand pod) {
        return policies.of(pod).text();
    }

    /** Plans the pod on every node, with the reasons of every GPU. */
    public Ranking rank(PodDemand pod, Iterable<NodeView> nodes) {
        PlacementPolicy policy = policies.of(pod);
        NodePlanner planner = new NodePlanner(pod, policy);
        StepBudget budget = new StepBudget(pod);
        List<Fits> fits = new ArrayList<>();
        List<DoesNotFit> refusals = new ArrayList<>();
        for (NodeView node : nodes) {
            switch (planner.explain(node, budget)) {
                case Fits fit -> fits.add(fit);
                case DoesNotFit refusal -> refusals.add(refusal);
            }
        }
        return new Ranking(fits, refusals, policy.nodes());
    }

    /**
     * Plans the pod on nodes that would have more room, without reasons: nodes that do not take it are left out, and so may be
     * those that take it at a charge that is not covered.
     */
    public Ranking rankFreed(PodDemand pod, List<FreedNode> nodes, Predicate<Charge> covered) {
        PlacementPolicy policy = policies.of(pod);
        return new Ranking(takers(pod, policy, nodes, covered).toList(), List.of(), policy.nodes());
    }

    /** Returns whether one of these nodes, which would have more room, takes the pod at a charge that is covered. */
    public boolean anyTakes(PodDemand pod, List<FreedNode> nodes, Predicate<Charge> covered) {
        StepBudget budget = new StepBudget(pod);
        return takers(pod, policies.of(pod), nodes, covered)
                .anyMatch(fits -> fits.within(covered, budget).isPresent());
    }

    /** Plans node by node, as far as the stream is read, and only where no outcome is known that rules the node out. */
    private static Stream<Fits> takers(
            PodDemand pod, PlacementPolicy policy, List<FreedNode> nodes, Predicate<Charge> covered) {
        NodePlanner planner = new NodePlanner(pod, policy);
        PodDemand.Shape shape = pod.shape();
        StepBudget budget = new StepBudget(pod);
        return nodes.stream()
                .filter(node -> node.mayTake(shape, policy, covered))
                .flatMap(node -> {
                    StepLimit limit = budget.next();
                    Optional<Fits> found = planner.find(node.view(), limit);
                    budget.spent(limit);
                    found.filter(fits -> !covered.test(fits.charge()))
                            .ifPresent(fits -> node.takesFor(fits.least(), pod, shape, policy));
                    if (found.isEmpty() && !limit.exceeded()) {
                        node.refuses(pod, shape, policy);
                    }
                    return found.stream();
                });
    }

    /** Plans the pod on one node, with the reasons of every GPU. */
    public PlanOutcome plan(PodDemand pod, NodeView node) {
        return new NodePlanner(pod, policies.of(pod)).explain(node, new StepBudget(pod));
    }

    /** Returns why GPUs of a node that has room for the pod cannot serve its largest device; empty if all can. */
    public List<GpuReason> unsuited(PodDemand pod, NodeView node) {
        return new NodePlanner(pod, policies.of(pod)).unsuited(node);
    }

    /**
     * Returns what would have to move to make room for a pod that fits none of the nodes.
     *
     * @param nodes the pool, with all pods
     * @param tenants the pods that may be asked to move, in any order
     */
    public Rearrangement.Ways rearrangements(PodDemand pod, List<NodeView> nodes, List<Rearrangement.Tenant> tenants) {
        return new RearrangementSearch(pod, nodes, policies).among(tenants);
    }

    /** Returns a cache of this planner's plans, for repeated requests. */
    public Rankings rankings() {
        return new Rankings(policies);
    }
}
