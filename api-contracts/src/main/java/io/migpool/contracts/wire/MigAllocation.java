package io.migpool.contracts.wire;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import org.jspecify.annotations.Nullable;

/**
 * One MIG instance of a container: an element of {@link Annotations#MIG_ALLOCATIONS}.
 *
 * <p>Two containers may name the same GPU and placement: an init container uses the instances of the app containers, so
 * both mean the same instance for the pod's whole life.
 *
 * @param containerIndex the container, init containers counted first, from 0
 * @param deviceIndex the device within the container, from 0
 * @param profile profile of the instance
 * @param placement where it is on the GPU
 * @param runtime its identity once it is cut, or null while it is only reserved
 */
public record MigAllocation(
        int containerIndex,
        int deviceIndex,
        String gpuUuid,
        MigProfile profile,
        Placement placement,
        @Nullable MigRuntime runtime) {

    public MigAllocation {
        if (containerIndex < 0 || deviceIndex < 0 || gpuUuid.isBlank()) {
            throw new IllegalArgumentException(
                    "MIG allocation of container %d device %d on GPU '%s'; indices must be 0 or more and the GPU named"
                            .formatted(containerIndex, deviceIndex, gpuUuid));
        }
    }

    /** Returns the same allocation with its identity. */
    public MigAllocation realised(MigRuntime identity) {
        return new MigAllocation(containerIndex, deviceIndex, gpuUuid, profile, placement, identity);
    }
}
