package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.instance.PodClaim;

/** What came of looking for another place. */
public sealed interface RepairOutcome {

    /**
     * The pod's reservation names another place now.
     *
     * @param claim what the pod holds since
     */
    record Moved(PodClaim claim) implements RepairOutcome {}

    /** Nothing on this node is equivalent. */
    record NoEquivalent() implements RepairOutcome {}

    /**
     * The reservation could not be read or written now; trying again may help.
     *
     * @param why the reason, as a clause
     */
    record NotNow(String why) implements RepairOutcome {}
}
