package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import java.util.ArrayList;
import java.util.List;

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
