package io.migpool.extender.placement;

import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;

/** Chooses among what is legal. Must be deterministic: equal views give equal orders. */
public interface PlacementPolicy {

    /**
     * The order in which the options for one device on one node are tried. Only options of one rank are compared: every
     * GPU offers the profile that request and rules prefer first, and larger ones when that leads nowhere.
     */
    Comparator<Option> options();

    /**
     * The same for a device whose container has other devices on the node, for policies that care what they are.
     *
     * @param neighbours works out what the container has and could get
     */
    default Comparator<Option> options(Supplier<Neighbours> neighbours) {
        return options();
    }

    /** The order of nodes, best first; a total order over different nodes. */
    Comparator<PlanOutcome.Fits> nodes();

    /** What an option takes from later requests, in any measure of which less is better; summed over the devices of a plan. */
    default long fragmentation(Option option) {
        return 0;
    }

    /** Why the policy does not use a GPU at all, whatever is free on it. */
    default Optional<Reason> refuses(GpuView gpu) {
        return Optional.empty();
    }
}
