package io.migpool.extender.placement;

import io.migpool.extender.pool.PodDemand;

/** Determines which policy applies to a pod. */
@FunctionalInterface
public interface PolicySource {

    /** Returns the policy for one decision about this pod. */
    PlacementPolicy of(PodDemand pod);
}
