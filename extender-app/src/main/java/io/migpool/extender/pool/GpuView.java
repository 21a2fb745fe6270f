package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory;

/** One GPU with what is taken on it; immutable. */
public sealed interface GpuView permits MigGpu, SharedGpu {

    /** Returns what the node registered. */
    GpuInventory inventory();

    /** Returns whether an administrator took it out of use for new pods. */
    boolean cordoned();

    /** Returns the same GPU with this part taken too, whether it fits or not. */
    GpuView plus(DevicePart part);

    /**
     * Returns the same GPU without this part, which must be counted in it. What a software share blocks on a GPU that
     * is partitioned by now stays blocked.
     */
    GpuView minus(DevicePart part);

    /** Returns whether this part can be taken in addition to what is already taken. */
    boolean admits(DevicePart part);

    /** Returns the number of containers' devices on it. */
    int users();

    /** Returns whether anything of it is taken, even if not by pods of the pool. */
    boolean isUsed();

    /** Returns the memory given to its users, in MiB. */
    long usedMemoryMiB();

    /** Returns the compute given to its users, in percent. */
    int usedCores();

    /** Returns the share of the GPU that is taken, in thousandths; more than 1000 if overcommitted. */
    int takenPermille();
}
