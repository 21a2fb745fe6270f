package io.migpool.extender.placement;

import java.util.List;

/** Whether a pod fits a node. */
public sealed interface PlanOutcome {

    /** The node. */
    String node();

    /**
     * It fits.
     *
     * @param plan where its devices go
     * @param cost what that costs the node
     */
    record Fits(Plan plan, PlanCost cost) implements PlanOutcome {
        @Override
        public String node() {
            return plan.node();
        }
    }

    /**
     * It does not fit.
     *
     * @param node the node
     * @param reason the reason that stands for all
     * @param gpus the reason of every GPU that cannot serve the pod's largest device, in the order of the GPUs
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
