package io.migpool.deviceplugin.health;

/** Told about errors of GPUs, for figures; it must be quick. */
@FunctionalInterface
public interface HealthObserver {

    /** Watches nothing. */
    HealthObserver NONE = (_, _, _) -> {};

    /**
     * The driver reported an Xid.
     *
     * @param counted whether it counts against the GPU
     */
    void xid(String gpuUuid, long xid, boolean counted);
}
