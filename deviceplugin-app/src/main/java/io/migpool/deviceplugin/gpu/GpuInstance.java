package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import java.util.Optional;

/**
 * A GPU instance as it was when it was read ({@code nvmlGpuInstanceInfo_t}).
 *
 * @param id id on that GPU; the driver may reuse it once this instance is destroyed
 * @param placement its place on the GPU
 * @param computeInstances its compute instances, by id
 */
public record GpuInstance(
        String gpuUuid, int id, MigProfile profile, Placement placement, List<ComputeInstance> computeInstances) {

    public GpuInstance {
        computeInstances = List.copyOf(computeInstances);
    }

    /**
     * Returns the compute instance that takes the whole GPU instance: the MIG device that the pool hands out, if it
     * exists.
     */
    public Optional<ComputeInstance> wholeComputeInstance() {
        return computeInstances.stream()
                .filter(ci -> ci.profile().computeSlices() == profile.gpuSlices())
                .findFirst();
    }

    /** Returns whether both describe the same instance, regardless of its compute instances. */
    public boolean isSameAs(GpuInstance other) {
        return gpuUuid.equals(other.gpuUuid)
                && id == other.id
                && profile.equals(other.profile)
                && placement.equals(other.placement);
    }

    /** Returns its name in logs: {@code 3g.40gb at 4:4 (GPU instance 1 of GPU-…)}. */
    @Override
    public String toString() {
        return "%s at %s (GPU instance %d of %s)".formatted(profile, placement, id, gpuUuid);
    }
}
