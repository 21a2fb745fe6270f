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

    static GpuStanding serving(GpuOffer offer) {
        return new GpuStanding(offer.gpu(), Optional.of(offer), Optional.empty());
    }

    static GpuStanding hampered(GpuOffer offer, GpuTrouble trouble, String note) {
        return new GpuStanding(offer.gpu(), Optional.of(offer), Optional.of(new GpuCondition(trouble, note)));
    }

    static GpuStanding outOfPool(GpuDescription gpu, GpuTrouble trouble, String note) {
        return new GpuStanding(
                gpu,
                Optional.empty(),
                Optional.of(new GpuCondition(trouble, gpu.uuid() + " is not in the pool: " + note)));
    }

    /** Whether it has left a mode that it was promised in, and does not come back by itself. */
    boolean hasLeft(GpuMode promised) {
        boolean passing =
                condition.filter(present -> present.trouble().isPassing()).isPresent();
        return !passing && offer.filter(offered -> offered.mode() == promised).isEmpty();
    }

    /** Whether it takes no new pods because something is wrong with it. */
    boolean isSick() {
        return offer.filter(offered -> !offered.healthy()).isPresent()
                && condition.filter(present -> !present.trouble().isFault()).isEmpty();
    }
}
