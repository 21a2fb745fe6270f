package io.migpool.deviceplugin.health;

/** Notified of GPU errors, for metrics; it must be quick. */
@FunctionalInterface
public interface HealthObserver {

    /** Ignores everything. */
    HealthObserver NONE = (_, _, _) -> {};

    /**
     * The driver reported an Xid.
     *
     * @param counted whether it counts against the GPU
     */
    void xid(String gpuUuid, long xid, boolean counted);
}
