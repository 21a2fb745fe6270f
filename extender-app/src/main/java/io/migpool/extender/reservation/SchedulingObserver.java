package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.ReasonCode;

/** An observer of decisions; must not block and must not throw. */
public interface SchedulingObserver {

    /**
     * Called when the pod is bound with this plan.
     *
     * @param why the policies by which it was chosen, and among how many nodes
     */
    void bound(PodKey pod, Plan plan, String why);

    /**
     * Called when no node takes the pod.
     *
     * @param closest kind of reason of the node that came closest
     * @param text reasons counted over the nodes, with the remedy
     */
    void refused(PodKey pod, ReasonCode closest, String text);

    /**
     * Called when the pod could not be bound.
     *
     * @param node the node that the scheduler chose
     * @param kind kind of reason
     * @param text the reason
     */
    void bindFailed(PodKey pod, String node, BindFailure kind, String text);

    /** An observer that ignores everything. */
    SchedulingObserver NONE = new SchedulingObserver() {
        @Override
        public void bound(PodKey pod, Plan plan, String why) {}

        @Override
        public void refused(PodKey pod, ReasonCode closest, String text) {}

        @Override
        public void bindFailed(PodKey pod, String node, BindFailure kind, String text) {}
    };
}
