package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.util.Map;
import java.util.Optional;

/**
 * A device that a container is to see.
 *
 * @param gpuUuid the GPU
 * @param instance the MIG instance there; empty for the GPU as a whole
 */
record VisibleDevice(String gpuUuid, Optional<MigRuntime> instance) {

    /**
     * Returns the device of an instance that exists.
     *
     * @param runtimes identity of the pod's instances
     * @throws PreparationException if this one has no identity
     */
    static VisibleDevice instance(Slice slice, Map<Slice, MigRuntime> runtimes) throws PreparationException {
        MigRuntime runtime = runtimes.get(slice);
        if (runtime == null) {
            throw new PreparationException(
                    StartFailure.CUT_FAILED, slice + " was cut but has no identity; the start is tried again");
        }
        return new VisibleDevice(slice.gpuUuid(), Optional.of(runtime));
    }

    /** Returns its name for NVIDIA's runtime. */
    String uuid() {
        return instance.map(MigRuntime::migUuid).orElse(gpuUuid);
    }
}
