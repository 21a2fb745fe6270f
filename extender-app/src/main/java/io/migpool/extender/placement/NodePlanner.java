package io.migpool.extender.placement;

import io.migpool.extender.placement.NodeSearch.Goal;
import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Plans one demand under one policy, node by node, and caches what is the same on all of them. Not thread-safe. */
final class NodePlanner {

    private final PodDemand pod;
    private final PlacementPolicy policy;
    private final Options options;
    private final Suitability suitability;
    private final Refusals refusals;

    NodePlanner(PodDemand pod, PlacementPolicy policy) {
        this.pod = pod;
        this.policy = policy;
        ServingProfiles serving = new ServingProfiles(pod.slots());
        this.options = new Options(pod.slots(), serving, policy);
        this.suitability = new Suitability(pod.constraints());
        this.refusals = new Refusals(pod, serving, suitability);
    }

    PodDemand pod() {
        return pod;
    }

    /** Returns the outcome, without the reasons of single GPUs. */
    PlanOutcome plan(NodeView node, StepBudget budget) {
        return plan(node, budget, new ArrayList<>());
    }

    /** Returns the outcome, with the reasons of single GPUs. */
    PlanOutcome explain(NodeView node, StepBudget budget) {
        List<GpuReason> reasons = new ArrayList<>();
        return switch (plan(node, budget, reasons)) {
            case Fits fits -> fits;
            case DoesNotFit(String name, Reason reason, List<GpuReason> none) -> new DoesNotFit(name, reason, reasons);
        };
    }

    /** Returns why single GPUs cannot serve the pod's largest device, whether the node takes the pod or not. */
    List<GpuReason> unsuited(NodeView node) {
        List<GpuReason> reasons = new ArrayList<>();
        boolean[] eligible = eligible(node, reasons);
        reasons.addAll(refusals.ofLargestDevice(node, eligible));
        return reasons;
    }

    /** Returns where the pod goes, if it fits; finds no reasons if it does not. */
    Optional<Fits> find(NodeView node, StepLimit limit) {
        return search(node, limit, new Goal.First());
    }

    /**
     * Returns the first placement in the policy's order that is accepted, if there is one.
     *
     * @param accepted must answer the same where the same is taken on the node in the end
     */
    Optional<Fits> find(NodeView node, StepLimit limit, Predicate<Fits> accepted) {
        return search(node, limit, new Goal.FirstAccepted(chosen -> accepted.test(fits(node, chosen))));
    }

    private Optional<Fits> search(NodeView node, StepLimit limit, Goal goal) {
        if (pod.misunderstood().isPresent() || node.unusable() != null || !limit.step()) {
            return Optional.empty();
        }
        return search(node, eligible(node, new ArrayList<>()), limit, goal);
    }

    /** Returns a lower bound, in memory and compute, of any plan's charge on the node: the sum of the devices' least charges. */
    Charge leastCharge(NodeView node) {
        boolean[] eligible = eligible(node, new ArrayList<>());
        Charge sum = Charge.NONE;
        for (int slot = 0; slot < pod.slots().size(); slot++) {
            sum = sum.plus(options.leastCharge(slot, node.gpus(), eligible));
        }
        return sum;
    }

    /** Adds to {@code reasons} why single GPUs do not serve the pod; the outcome itself has none of them. */
    private PlanOutcome plan(NodeView node, StepBudget budget, List<GpuReason> reasons) {
        Optional<String> misunderstood = pod.misunderstood();
        if (misunderstood.isPresent()) {
            return new DoesNotFit(node.name(), Reasons.misunderstood(misunderstood.get()), List.of());
        }
        Reason unusable = node.unusable();
        if (unusable != null) {
            return new DoesNotFit(node.name(), unusable, List.of());
        }
        boolean[] eligible = eligible(node, reasons);
        StepLimit limit = budget.next();
        Optional<Fits> fits = search(node, eligible, limit, new Goal.First());
        budget.spent(limit);
        if (fits.isPresent()) {
            return fits.get();
        }
        Reason reason = refusals.explain(node, eligible, reasons, limit.exceeded(), budget);
        return new DoesNotFit(node.name(), reason, List.of());
    }

    /** Returns which GPUs may be used; adds to {@code reasons} why the others may not. */
    private boolean[] eligible(NodeView node, List<GpuReason> reasons) {
        boolean[] eligible = new boolean[node.gpus().size()];
        for (int i = 0; i < eligible.length; i++) {
            GpuView gpu = node.gpus().get(i);
            Optional<Reason> reason = ineligible(gpu);
            eligible[i] = reason.isEmpty();
            if (reason.isPresent()) {
                reasons.add(new GpuReason(gpu.inventory().uuid(), reason.get()));
            }
        }
        return eligible;
    }

    private Optional<Reason> ineligible(GpuView gpu) {
        Optional<Reason> reason = suitability.ineligible(gpu);
        return reason.isPresent() ? reason : policy.refuses(gpu);
    }

    private Optional<Fits> search(NodeView node, boolean[] eligible, StepLimit limit, Goal goal) {
        return new NodeSearch(options, pod.constraints().arrangement(), node, eligible, limit, goal)
                .run()
                .map(chosen -> fits(node, chosen));
    }

    private Fits fits(NodeView node, List<DeviceOption> chosen) {
        return new Fits(node, this, chosen, cost(node, chosen));
    }

    private static PlanCost cost(NodeView before, List<DeviceOption> chosen) {
        int secondChoices = 0;
        int sharedPermille = 0;
        int idleReused = 0;
        int permille = 0;
        int instancePermille = 0;
        long instanceSize = 0;
        long fragmentation = 0;
        for (DeviceOption option : chosen) {
            secondChoices += option.secondChoice() ? 1 : 0;
            permille += option.permille();
            instancePermille += option.instancePermille();
            instanceSize += option.instanceSize();
            switch (option) {
                case DeviceOption.MigOption mig -> {
                    idleReused += mig.idle() ? 1 : 0;
                    fragmentation += mig.fragmentation();
                }
                case DeviceOption.ShareOption share ->
                    sharedPermille += share.gpu().takenPermille();
            }
        }
        int taken = permille;
        for (GpuView gpu : before.gpus()) {
            taken += gpu.takenPermille();
        }
        return new PlanCost(
                secondChoices,
                instanceSize,
                instancePermille,
                idleReused,
                taken / Math.max(1, before.gpus().size()),
                fragmentation,
                sharedPermille);
    }
}
