package io.migpool.deviceplugin.reservation;

import io.migpool.deviceplugin.instance.PodClaim;

/** The outcome of a search for another place. */
public sealed interface RepairOutcome {

    /**
     * The pod's reservation now names another place.
     *
     * @param claim the pod's new claim
     */
    record Moved(PodClaim claim) implements RepairOutcome {}

    /** Nothing on this node is equivalent. */
    record NoEquivalent() implements RepairOutcome {}

    /**
     * The reservation could not be read or written; retrying may help.
     *
     * @param why the reason, as a clause
     */
    record NotNow(String why) implements RepairOutcome {}
}
