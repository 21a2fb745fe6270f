package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;

/** What instances on one GPU, as it is now, would take from later requests; in any measure of which less is better. */
@FunctionalInterface
public interface PlacementCosts {

    /** For a policy that does not measure it. */
    PlacementCosts NONE = placement -> 0;

    /** The cost of an instance there; the placement is legal and free. */
    long of(Placement placement);
}
