package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuInventory;

/** One GPU with what is taken on it; immutable. */
public sealed interface GpuView permits MigGpu, SharedGpu {

    /** What the node registered. */
    GpuInventory inventory();

    /** Whether a person took it out of use for new pods. */
    boolean cordoned();

    /** The same GPU with this share taken too, whether it fits or not. */
    GpuView plus(DeviceShare share);

    /**
     * The same GPU without this share, which must be counted in it. What a software share keeps out of reach on a GPU that
     * is cut by now stays so.
     */
    GpuView minus(DeviceShare share);

    /** Whether this share can be taken beside what is taken already. */
    boolean admits(DeviceShare share);

    /** Devices of containers on it. */
    int users();

    /** Whether anything of it is taken, be it by others than pods of the pool. */
    boolean isUsed();

    /** Memory that its users were given, in MiB. */
    long usedMemoryMiB();

    /** Compute that its users were given, in percent. */
    int usedCores();

    /** Share of the GPU that is taken, in thousandths; more than 1000 if overcommitted. */
    int takenPermille();
}
