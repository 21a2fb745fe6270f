package io.migpool.extender.placement;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;

/** The part of a GPU that a pod occupies. */
public sealed interface DeviceShare {

    /** Returns the UUID of the GPU. */
    String gpuUuid();

    /**
     * A MIG instance.
     *
     * @param profile the instance's profile
     * @param placement where it lies
     */
    record Instance(String gpuUuid, MigProfile profile, Placement placement) implements DeviceShare {}

    /**
     * A software-enforced share.
     *
     * @param memoryMiB memory in MiB
     * @param cores compute in percent
     */
    record Slice(String gpuUuid, long memoryMiB, int cores) implements DeviceShare {}

    /**
     * An instance given by HAMi before 2.10. Only its node knows where it lies, and reports that as it does for other instances
     * that it did not make: as units that no pod can have.
     *
     * @param memoryMiB memory in MiB
     */
    record Unplaced(String gpuUuid, long memoryMiB) implements DeviceShare {}
}
