package io.migpool.extender.placement;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decides whether and where a pod fits: one node, or the best of many. Stateless. */
public final class Planner {

    private final PlacementPolicy policy;

    public Planner(PlacementPolicy policy) {
        this.policy = policy;
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
        List<Fits> fits = new ArrayList<>();
        List<DoesNotFit> refusals = new ArrayList<>();
        for (NodeView node : nodes) {
            switch (plan(pod, node)) {
                case Fits fit -> fits.add(fit);
                case DoesNotFit refusal -> refusals.add(refusal);
            }
        }
        fits.sort(policy.nodes());
        return new Ranking(List.copyOf(fits), List.copyOf(refusals));
    }

    /** Plans the pod on one node. */
    public PlanOutcome plan(PodDemand pod, NodeView node) {
        Reason unusable = node.unusable();
        if (unusable != null) {
            return new DoesNotFit(node.name(), unusable, List.of());
        }
        List<GpuReason> refusals = new ArrayList<>();
        boolean[] eligible = new boolean[node.gpus().size()];
        for (int i = 0; i < eligible.length; i++) {
            GpuView gpu = node.gpus().get(i);
            Optional<Reason> reason = Refusals.ineligible(pod.constraints(), gpu);
            eligible[i] = reason.isEmpty();
            reason.ifPresent(r -> refusals.add(new GpuReason(gpu.inventory().uuid(), r)));
        }
        NodeSearch search = new NodeSearch(pod.slots(), eligible, policy.options());
        Optional<List<Option>> chosen = search.run(node.gpus());
        if (chosen.isPresent()) {
            return fits(pod, node, chosen.get());
        }
        return Refusals.explain(pod, node, eligible, refusals, search.gaveUp());
    }

    private static Fits fits(PodDemand pod, NodeView node, List<Option> chosen) {
        List<List<DeviceAssignment>> containers = new ArrayList<>();
        for (int i = 0; i < pod.request().containerCount(); i++) {
            containers.add(new ArrayList<>());
        }
        for (var request : pod.request().containers()) {
            for (int device = 0; device < request.devices(); device++) {
                containers
                        .get(request.index())
                        .add(assignment(optionOf(pod, chosen, new SlotDemand.User(request.index(), device))));
            }
        }
        PodOccupancy occupancy =
                PodOccupancy.of(Plan.reservation(node.name(), containers, Instant.EPOCH), pod.request());
        return new Fits(new Plan(node.name(), containers, occupancy), cost(node.plus(occupancy), chosen));
    }

    private static Option optionOf(PodDemand pod, List<Option> chosen, SlotDemand.User user) {
        for (int i = 0; i < chosen.size(); i++) {
            if (pod.slots().get(i).users().contains(user)) {
                return chosen.get(i);
            }
        }
        throw new IllegalStateException("no device was chosen for " + user);
    }

    private static DeviceAssignment assignment(Option option) {
        if (option.gpu() instanceof MigGpu gpu) {
            ProfileCapability profile = gpu.board().profile(option.profile());
            return new DeviceAssignment(option.share(), profile.memoryMiB(), profile.corePercent());
        }
        return switch (option.share()) {
            case DeviceShare.Slice(var gpu, var memory, var cores) ->
                new DeviceAssignment(option.share(), memory, cores);
            case DeviceShare.Instance instance ->
                throw new IllegalStateException(instance + " on a GPU that is shared in software");
        };
    }

    private static PlanCost cost(NodeView after, List<Option> chosen) {
        int taken = after.gpus().stream().mapToInt(GpuView::takenPermille).sum();
        return new PlanCost(
                (int) chosen.stream().filter(option -> option.profile() < 0).count(),
                chosen.stream().mapToInt(Option::permille).sum(),
                (int) chosen.stream().filter(Option::idle).count(),
                taken / Math.max(1, after.gpus().size()));
    }
}
