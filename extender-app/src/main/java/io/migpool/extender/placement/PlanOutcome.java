package io.migpool.extender.placement;

import java.util.List;

/** Whether a pod fits a node. */
public sealed interface PlanOutcome {

    /** The node. */
    String node();

    /** It fits. Choosing among nodes takes only the cost, so the plan is written out when it is asked for. */
    final class Fits implements PlanOutcome {

        private final String node;
        private final PodDemand pod;
        private final List<Option> chosen;
        private final PlanCost cost;

        /**
         * @param node the node
         * @param pod the pod, or another one with the same shape of demand
         * @param chosen the option for every device, in the order of the pod's devices
         * @param cost what they cost the node
         */
        Fits(String node, PodDemand pod, List<Option> chosen, PlanCost cost) {
            this.node = node;
            this.pod = pod;
            this.chosen = chosen;
            this.cost = cost;
        }

        @Override
        public String node() {
            return node;
        }

        /** What the plan costs the node. */
        public PlanCost cost() {
            return cost;
        }

        /** Where the pod's devices go; equal at every call. */
        public Plan plan() {
            return Plan.of(node, pod, chosen);
        }

        @Override
        public String toString() {
            return "fits %s: %s at %s".formatted(node, plan().text(), cost);
        }
    }

    /**
     * It does not fit.
     *
     * @param node the node
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
     *
     * @param gpuUuid the GPU
     * @param reason why
     */
    record GpuReason(String gpuUuid, Reason reason) {}
}
