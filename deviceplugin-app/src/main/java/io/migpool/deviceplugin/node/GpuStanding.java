package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.Optional;

/**
 * The state of one GPU of this node.
 *
 * @param offer how it is offered; empty if it is not in the pool
 * @param condition what keeps it from serving normally, if anything
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

    /** Returns whether it has left the mode in which it was reserved, and will not return to it by itself. */
    boolean hasLeft(GpuMode promised) {
        boolean passing =
                condition.filter(present -> present.trouble().isPassing()).isPresent();
        return !passing && offer.filter(offered -> offered.mode() == promised).isEmpty();
    }

    /** Returns whether it takes no new pods because of a fault. */
    boolean isSick() {
        return offer.filter(offered -> !offered.healthy()).isPresent()
                && condition.filter(present -> !present.trouble().isFault()).isEmpty();
    }
}
