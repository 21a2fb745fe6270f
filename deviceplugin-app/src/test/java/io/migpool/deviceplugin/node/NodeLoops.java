package io.migpool.deviceplugin.node;

/** What the node's loops repeat, once and on the caller's thread. */
public final class NodeLoops {

    private NodeLoops() {}

    public static void reconcile(PoolReconciler reconciler) {
        var _ = reconciler.pass();
    }

    public static void writeBack(RuntimeIdentityWriter receipts) {
        var _ = receipts.writeAll();
    }

    public static void evictOverdue(BlockedPods blockedPods) {
        var _ = blockedPods.evictOverdue();
    }
}
