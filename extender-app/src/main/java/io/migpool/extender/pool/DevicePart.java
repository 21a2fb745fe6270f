package io.migpool.extender.pool;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;

/** The part of a GPU that a pod occupies. */
public sealed interface DevicePart {

    /** Returns the UUID of the GPU. */
    String gpuUuid();

    /**
     * A MIG instance.
     *
     * @param profile the instance's profile
     * @param placement where it lies
     */
    record MigSlice(String gpuUuid, MigProfile profile, Placement placement) implements DevicePart {}

    /**
     * A software-enforced share.
     *
     * @param memoryMiB memory in MiB
     * @param cores compute in percent
     */
    record SoftwareShare(String gpuUuid, long memoryMiB, int cores) implements DevicePart {}

    /**
     * A MIG instance given by HAMi before 2.10. Only its node knows where it lies, and reports that as it does for other instances
     * that it did not make: as units that no pod can have.
     *
     * @param memoryMiB memory in MiB
     */
    record UnplacedMigSlice(String gpuUuid, long memoryMiB) implements DevicePart {}
}
