package io.migpool.extender.placement;

import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.Reason;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The result of planning a pod on a node. */
public sealed interface PlanOutcome {

    /** Returns the node's name. */
    String node();

    /**
     * It fits. Choosing among nodes takes only cost and charge, so the plan is built on request. Not
     * thread-safe.
     */
    final class Fits implements PlanOutcome {

        private final NodeView view;
        private final NodePlanner planner;
        private final List<DeviceOption> chosen;
        private final PlanCost cost;

        /** Cached, because a quota is compared with every node's plan at every decision. */
        private @Nullable Charge charge;

        private @Nullable Charge least;

        /**
         * @param view the node
         * @param planner the planner that found it, for the pod or another one with the same shape of demand
         * @param chosen the option for every device, in the order of the pod's devices
         * @param cost what they cost the node
         */
        Fits(NodeView view, NodePlanner planner, List<DeviceOption> chosen, PlanCost cost) {
            this.view = view;
            this.planner = planner;
            this.chosen = chosen;
            this.cost = cost;
        }

        @Override
        public String node() {
            return view.name();
        }

        /** Returns what the plan costs the node. */
        public PlanCost cost() {
            return cost;
        }

        /** Returns what the plan counts against a quota. */
        public Charge charge() {
            Charge known = charge;
            if (known == null) {
                known = DeviceOption.chargeOf(chosen);
                charge = known;
            }
            return known;
        }

        /** Returns where the pod's devices go; equal at every call. */
        public Plan plan() {
            return Plan.of(node(), planner.pod(), chosen);
        }

        /**
         * Returns this plan if its charge is covered, else the policy's first one on the same node whose charge is, else
         * a refusal.
         *
         * @param covered whether the namespace may have this too; if true of a charge, true of every smaller one
         * @param refusal why it may not
         */
        public PlanOutcome within(Predicate<Charge> covered, Function<Charge, Reason> refusal) {
            return within(covered, refusal, budget());
        }

        PlanOutcome within(Predicate<Charge> covered, Function<Charge, Reason> refusal, StepBudget budget) {
            return within(covered, budget)
                    .<PlanOutcome>map(fits -> fits)
                    .orElseGet(() -> new DoesNotFit(node(), refusal.apply(charge()), List.of()));
        }

        Optional<Fits> within(Predicate<Charge> covered, StepBudget budget) {
            if (covered.test(charge())) {
                return Optional.of(this);
            }
            if (!covered.test(least())) {
                return Optional.empty();
            }
            StepLimit limit = budget.next();
            Optional<Fits> other = planner.find(view, limit, fits -> covered.test(fits.charge()));
            budget.spent(limit);
            return other;
        }

        /** Returns a lower bound of the charge of all plans on the node. */
        Charge least() {
            Charge known = least;
            if (known == null) {
                known = planner.leastCharge(view);
                least = known;
            }
            return known;
        }

        /** Returns a budget for planning this pod on many nodes. */
        StepBudget budget() {
            return new StepBudget(planner.pod());
        }

        @Override
        public String toString() {
            return "fits %s: %s at %s".formatted(node(), plan().text(), cost);
        }
    }

    /**
     * It does not fit.
     *
     * @param reason the reason that stands for all
     * @param gpus the reason of every GPU that cannot serve the pod's largest device, in the order of the GPUs; empty where
     *     only the node matters
     */
    record DoesNotFit(String node, Reason reason, List<GpuReason> gpus) implements PlanOutcome {
        public DoesNotFit {
            gpus = List.copyOf(gpus);
        }
    }

    /**
     * Why one GPU cannot serve the pod.
     */
    record GpuReason(String gpuUuid, Reason reason) {}
}
