package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import java.util.Optional;

/**
 * A GPU instance as it was when it was read ({@code nvmlGpuInstanceInfo_t}).
 *
 * @param gpuUuid the GPU it was cut from
 * @param id id on that GPU; the driver gives it to another instance once this one is destroyed
 * @param profile its profile
 * @param placement where it lies
 * @param computeInstances what was made inside it, by id
 */
public record GpuInstance(
        String gpuUuid, int id, MigProfile profile, Placement placement, List<ComputeInstance> computeInstances) {

    public GpuInstance {
        computeInstances = List.copyOf(computeInstances);
    }

    /** The compute instance that takes the whole GPU instance: the MIG device that the pool hands out, if it is there. */
    public Optional<ComputeInstance> wholeComputeInstance() {
        return computeInstances.stream()
                .filter(ci -> ci.profile().computeSlices() == profile.gpuSlices())
                .findFirst();
    }

    /** Whether both describe one and the same instance, whatever was made inside it meanwhile. */
    public boolean isSameAs(GpuInstance other) {
        return gpuUuid.equals(other.gpuUuid)
                && id == other.id
                && profile.equals(other.profile)
                && placement.equals(other.placement);
    }

    /** As the log names it: {@code 3g.40gb at 4:4 (GPU instance 1 of GPU-…)}. */
    @Override
    public String toString() {
        return "%s at %s (GPU instance %d of %s)".formatted(profile, placement, id, gpuUuid);
    }
}
