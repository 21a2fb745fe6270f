package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuInstance;

/**
 * A GPU instance of a layout.
 *
 * @param profile its profile
 * @param placement where it lies
 * @param usable whether it has the compute instance that takes all of it
 */
public record Piece(MigProfile profile, Placement placement, boolean usable) {

    /** One that containers can use. */
    static Piece of(MigProfile profile, Placement placement) {
        return new Piece(profile, placement, true);
    }

    /** As an instance is. A GPU instance that is cut into parts counts as usable: the driver port cannot make parts. */
    static Piece of(GpuInstance instance) {
        return new Piece(
                instance.profile(),
                instance.placement(),
                !instance.computeInstances().isEmpty());
    }

    /** Whether that instance lies here, whatever was made inside it. */
    boolean isAt(GpuInstance instance) {
        return profile.equals(instance.profile()) && placement.equals(instance.placement());
    }

    /** Whether that instance is this piece, so that nothing needs to be done. */
    boolean isMetBy(GpuInstance instance) {
        return isAt(instance)
                && (usable
                        ? instance.wholeComputeInstance().isPresent()
                        : instance.computeInstances().isEmpty());
    }

    @Override
    public String toString() {
        return profile + " at " + placement;
    }
}
