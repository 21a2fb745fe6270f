package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.Comparator;
import java.util.List;

/**
 * A GPU instance of a layout.
 *
 * @param computeSlices sizes of its compute instances, largest first; empty if no container can use it
 */
public record LaidInstance(MigProfile profile, Placement placement, List<Integer> computeSlices) {

    public LaidInstance {
        computeSlices = computeSlices.stream().sorted(Comparator.reverseOrder()).toList();
    }

    /** Returns an instance that containers can use. */
    static LaidInstance of(MigProfile profile, Placement placement) {
        return new LaidInstance(profile, placement, List.of(profile.gpuSlices()));
    }

    /** Returns the description of an existing instance. */
    static LaidInstance of(GpuInstance instance) {
        return new LaidInstance(
                instance.profile(),
                instance.placement(),
                instance.computeInstances().stream()
                        .map(compute -> compute.profile().computeSlices())
                        .toList());
    }

    /** Returns whether containers can use it. */
    boolean usable() {
        return !computeSlices.isEmpty();
    }

    /** Returns whether its compute instances are parts of it. */
    boolean isInParts() {
        return usable() && !computeSlices.equals(List.of(profile.gpuSlices()));
    }

    /** Returns the profiles of its MIG devices. */
    List<MigProfile> devices() {
        return computeSlices.stream().map(profile::withComputeSlices).toList();
    }

    /** Returns whether an instance has this profile and place, regardless of its compute instances. */
    boolean isAt(GpuInstance instance) {
        return profile.equals(instance.profile()) && placement.equals(instance.placement());
    }

    /** Returns whether an instance matches this one, so that nothing has to be done. */
    boolean isMetBy(GpuInstance instance) {
        return equals(of(instance));
    }

    @Override
    public String toString() {
        return profile + " at " + placement;
    }
}
