package io.migpool.extender.placement;

import java.util.Comparator;

/** Chooses among what is legal. Must be deterministic: equal views give equal orders. */
public interface PlacementPolicy {

    /**
     * The order in which the options for one device on one node are tried. Only options of one rank are compared: every
     * GPU offers the profile that request and rules prefer first, and larger ones when that leads nowhere.
     */
    Comparator<Option> options();

    /** The order of nodes, best first; a total order over different nodes. */
    Comparator<PlanOutcome.Fits> nodes();
}
