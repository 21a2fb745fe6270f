package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.PodPhase;
import java.time.Duration;

/** What the node's loops repeat, once and on the caller's thread. */
public final class NodeLoops {

    private NodeLoops() {}

    public static void reconcile(PoolReconciler reconciler) {
        var _ = reconciler.pass();
    }

    /** What the watch tells of a pod that is gone. */
    public static Duration runsOnFor(Pod gone) {
        return PodPhase.runsOnFor(gone);
    }

    public static void writeBack(RuntimeIdentityWriter identityWriter) {
        var _ = identityWriter.writeAll();
    }

    public static void evictOverdue(BlockedPods blockedPods) {
        var _ = blockedPods.evictOverdue();
    }
}
