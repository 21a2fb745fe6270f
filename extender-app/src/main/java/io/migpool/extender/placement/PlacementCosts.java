package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;

/** The costs of instances on one GPU, as it is now: what they would take from later requests, in any unit; less is better. */
@FunctionalInterface
public interface PlacementCosts {

    /** The costs for a policy that does not measure them. */
    PlacementCosts NONE = placement -> 0;

    /** Returns the cost of an instance there; the placement must be legal and free. */
    long of(Placement placement);
}
