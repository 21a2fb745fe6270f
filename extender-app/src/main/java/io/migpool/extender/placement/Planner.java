package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decides whether and where a pod fits: one node, or the best of many. Stateless. */
public final class Planner {

    private final PolicySource policies;

    /** One policy for all pods. */
    public Planner(PlacementPolicy policy) {
        this(pod -> policy);
    }

    /** The policy that is due to each pod. */
    public Planner(PolicySource policies) {
        this.policies = policies;
    }

    /**
     * The best nodes and the refusals.
     *
     * @param fits nodes that take the pod, best first
     * @param refusals nodes that do not, in the order given
     */
    public record Ranking(List<Fits> fits, List<DoesNotFit> refusals) {}

    /** Plans the pod on every node. */
    public Ranking rank(PodDemand pod, Iterable<NodeView> nodes) {
        PlacementPolicy policy = policies.of(pod);
        List<Fits> fits = new ArrayList<>();
        List<DoesNotFit> refusals = new ArrayList<>();
        Servings servings = new Servings();
        for (NodeView node : nodes) {
            switch (plan(pod, node, policy, servings)) {
                case Fits fit -> fits.add(fit);
                case DoesNotFit refusal -> refusals.add(refusal);
            }
        }
        fits.sort(policy.nodes());
        return new Ranking(List.copyOf(fits), List.copyOf(refusals));
    }

    /** Plans the pod on one node. */
    public PlanOutcome plan(PodDemand pod, NodeView node) {
        return plan(pod, node, policies.of(pod), new Servings());
    }

    private static PlanOutcome plan(PodDemand pod, NodeView node, PlacementPolicy policy, Servings servings) {
        Optional<Reason> misunderstood = pod.policies().misunderstood();
        if (misunderstood.isPresent()) {
            return new DoesNotFit(node.name(), misunderstood.get(), List.of());
        }
        Reason unusable = node.unusable();
        if (unusable != null) {
            return new DoesNotFit(node.name(), unusable, List.of());
        }
        List<GpuReason> refusals = new ArrayList<>();
        boolean[] eligible = new boolean[node.gpus().size()];
        for (int i = 0; i < eligible.length; i++) {
            GpuView gpu = node.gpus().get(i);
            Optional<Reason> reason =
                    Refusals.ineligible(pod.constraints(), gpu).or(() -> policy.refuses(gpu));
            eligible[i] = reason.isEmpty();
            reason.ifPresent(r -> refusals.add(new GpuReason(gpu.inventory().uuid(), r)));
        }
        NodeSearch search =
                new NodeSearch(pod.slots(), pod.constraints().arrangement(), node, servings, eligible, policy);
        Optional<List<Option>> chosen = search.run();
        if (chosen.isPresent()) {
            return fits(pod, node, chosen.get(), policy);
        }
        return Refusals.explain(pod, node, eligible, refusals, search.gaveUp());
    }

    private static Fits fits(PodDemand pod, NodeView node, List<Option> chosen, PlacementPolicy policy) {
        List<List<DeviceAssignment>> containers = new ArrayList<>();
        for (int i = 0; i < pod.request().containerCount(); i++) {
            containers.add(new ArrayList<>());
        }
        for (var request : pod.request().containers()) {
            for (int device = 0; device < request.devices(); device++) {
                containers
                        .get(request.index())
                        .add(optionOf(pod, chosen, new SlotDemand.User(request.index(), device))
                                .assignment());
            }
        }
        PodOccupancy occupancy =
                PodOccupancy.of(Plan.reservation(node.name(), containers, Instant.EPOCH), pod.request());
        return new Fits(new Plan(node.name(), containers, occupancy), cost(node, chosen, policy));
    }

    private static Option optionOf(PodDemand pod, List<Option> chosen, SlotDemand.User user) {
        for (int i = 0; i < chosen.size(); i++) {
            if (pod.slots().get(i).users().contains(user)) {
                return chosen.get(i);
            }
        }
        throw new IllegalStateException("no device was chosen for " + user);
    }

    private static PlanCost cost(NodeView before, List<Option> chosen, PlacementPolicy policy) {
        int softwareShares = 0;
        int idleReused = 0;
        int permille = 0;
        for (Option option : chosen) {
            permille += option.permille();
            switch (option) {
                case Option.Cut cut -> idleReused += cut.idle() ? 1 : 0;
                case Option.Slice slice -> softwareShares++;
            }
        }
        int taken = permille;
        for (GpuView gpu : before.gpus()) {
            taken += gpu.takenPermille();
        }
        return new PlanCost(
                softwareShares,
                permille,
                idleReused,
                taken / Math.max(1, before.gpus().size()),
                chosen.stream().mapToLong(policy::fragmentation).sum());
    }
}
