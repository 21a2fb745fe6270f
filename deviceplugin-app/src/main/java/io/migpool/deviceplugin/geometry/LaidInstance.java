package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.List;

/**
 * A GPU instance of a layout.
 *
 * @param profile its profile
 * @param placement where it lies
 * @param computeSlices the size of each compute instance inside it, the smallest first; empty if no container can use it
 */
public record LaidInstance(MigProfile profile, Placement placement, List<Integer> computeSlices) {

    public LaidInstance {
        computeSlices = computeSlices.stream().sorted().toList();
    }

    /** One that containers can use. */
    static LaidInstance of(MigProfile profile, Placement placement) {
        return new LaidInstance(profile, placement, List.of(profile.gpuSlices()));
    }

    /** As an instance is. */
    static LaidInstance of(GpuInstance instance) {
        return new LaidInstance(instance.profile(), instance.placement(), slicesIn(instance));
    }

    private static List<Integer> slicesIn(GpuInstance instance) {
        return instance.computeInstances().stream()
                .map(compute -> compute.profile().computeSlices())
                .sorted()
                .toList();
    }

    /** Whether containers can use it. */
    boolean usable() {
        return !computeSlices.isEmpty();
    }

    /** Whether it is cut into parts, which the driver port cannot make. */
    boolean isInParts() {
        return usable() && !computeSlices.equals(List.of(profile.gpuSlices()));
    }

    /** Whether that instance lies here, whatever was made inside it. */
    boolean isAt(GpuInstance instance) {
        return profile.equals(instance.profile()) && placement.equals(instance.placement());
    }

    /** Whether that instance is this piece, so that nothing needs to be done. */
    boolean isMetBy(GpuInstance instance) {
        return isAt(instance) && computeSlices.equals(slicesIn(instance));
    }

    @Override
    public String toString() {
        return profile + " at " + placement;
    }
}
