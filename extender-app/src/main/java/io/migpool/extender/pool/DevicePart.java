package io.migpool.extender.pool;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;

/** The part of a GPU that a pod occupies. */
public sealed interface DevicePart {

    /** Returns the UUID of the GPU. */
    String gpuUuid();

    /** Returns the text for events and logs: {@code 1g.10gb at 0:1 on GPU-a}. */
    default String text() {
        return switch (this) {
            case MigSlice(var gpu, var profile, var placement) -> "%s at %s on %s".formatted(profile, placement, gpu);
            case SoftwareShare(var gpu, var memory, var cores) ->
                "%d MiB%s on %s".formatted(memory, cores == 0 ? "" : " and " + cores + " % cores", gpu);
            case UnplacedMigSlice(var gpu, var memory) -> "an instance with %d MiB on %s".formatted(memory, gpu);
        };
    }

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
