package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.Optional;

/**
 * How one GPU of this node stands.
 *
 * @param gpu which
 * @param offer how it is in the pool; empty if it is not
 * @param condition what keeps it from simply serving, if anything does
 */
record GpuStanding(GpuDescription gpu, Optional<GpuOffer> offer, Optional<GpuCondition> condition) {

    /** Reason of a GPU that cannot be used or read as it is now. */
    static final String UNHEALTHY = "GpuUnhealthy";
    /** Reason of a GPU whose MIG mode is switched on when its processes have ended. */
    static final String MIG_MODE_PENDING = "MigModePending";
    /** Reason of a GPU in perfect health that waits for its pods to end. */
    static final String MODE_CHANGE_WAITS = "ModeChangeWaits";

    static GpuStanding serving(GpuOffer offer) {
        return new GpuStanding(offer.gpu(), Optional.of(offer), Optional.empty());
    }

    static GpuStanding hampered(GpuOffer offer, String reason, String note) {
        return new GpuStanding(offer.gpu(), Optional.of(offer), Optional.of(new GpuCondition(reason, note)));
    }

    static GpuStanding outOfPool(GpuDescription gpu, String reason, String note) {
        return new GpuStanding(
                gpu,
                Optional.empty(),
                Optional.of(new GpuCondition(reason, gpu.uuid() + " is not in the pool: " + note)));
    }

    /** Whether it has left a mode that it was promised in, and does not come back by itself. */
    boolean hasLeft(GpuMode promised) {
        boolean passing = condition
                .map(GpuCondition::reason)
                .filter(reason -> reason.equals(UNHEALTHY) || reason.equals(MIG_MODE_PENDING))
                .isPresent();
        return !passing && offer.filter(offered -> offered.mode() == promised).isEmpty();
    }

    /** Whether it takes no new pods because something is wrong with it. */
    boolean isSick() {
        return offer.filter(offered -> !offered.healthy()).isPresent()
                && condition
                        .filter(present -> present.reason().equals(MODE_CHANGE_WAITS))
                        .isEmpty();
    }
}
