package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.ReasonCode;

/** Is told what was decided. Must not block and must not throw. */
public interface SchedulingObserver {

    /**
     * The pod is bound with this plan.
     *
     * @param why by which policies that was chosen, and among how many nodes
     */
    void bound(PodKey pod, Plan plan, String why);

    /**
     * No node takes the pod.
     *
     * @param closest kind of reason of the node that came closest
     * @param text reasons counted over the nodes, with the remedy
     */
    void refused(PodKey pod, ReasonCode closest, String text);

    /**
     * The pod could not be bound.
     *
     * @param node the node that the scheduler chose
     * @param text why
     */
    void bindFailed(PodKey pod, String node, String text);

    /** Ignores everything. */
    SchedulingObserver NONE = new SchedulingObserver() {
        @Override
        public void bound(PodKey pod, Plan plan, String why) {}

        @Override
        public void refused(PodKey pod, ReasonCode closest, String text) {}

        @Override
        public void bindFailed(PodKey pod, String node, String text) {}
    };
}
