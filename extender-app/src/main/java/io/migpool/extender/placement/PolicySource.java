package io.migpool.extender.placement;

/** Knows which policy is due to a pod. */
@FunctionalInterface
public interface PolicySource {

    /** The policy for one decision about this pod. */
    PlacementPolicy of(PodDemand pod);
}
