package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.util.List;
import java.util.Map;

/**
 * A device that a container is to see.
 *
 * @param uuid its name for NVIDIA's runtime
 * @param gpuUuid the GPU that it is, or that it is a part of
 * @param instances the MIG instances in it; none if it is a GPU that is not cut
 */
public record VisibleDevice(String uuid, String gpuUuid, List<MigRuntime> instances) {

    public VisibleDevice {
        instances = List.copyOf(instances);
    }

    /**
     * Returns a GPU as a whole.
     *
     * @param instances all MIG instances on it
     */
    public static VisibleDevice gpu(String uuid, List<MigRuntime> instances) {
        return new VisibleDevice(uuid, uuid, instances);
    }

    /** Returns a MIG instance. */
    public static VisibleDevice instance(String gpuUuid, MigRuntime instance) {
        return new VisibleDevice(instance.migUuid(), gpuUuid, List.of(instance));
    }

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
                    StartFailure.CUT_FAILED, slice + " was created but has no identity; the start is retried");
        }
        return instance(slice.gpuUuid(), runtime);
    }
}
