package io.migpool.extender.placement;

import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.Reason;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Chooses among what is legal. Must be deterministic: equal views give equal orders. Policies that apply to pods of one
 * shape at different moments may prefer differently, but refuse the same GPUs.
 */
public interface PlacementPolicy {

    /** Human-readable description of the policy: how nodes and GPUs are chosen. */
    String text();

    /**
     * Returns the order in which the options for one device on one node are tried. Only options of one rank are compared: every
     * GPU offers the profile that request and rules prefer first, and larger ones when that leads nowhere. Which option of
     * one GPU comes first depends on its board, what is taken and what is idle on it, and on nothing else.
     */
    Comparator<DeviceOption> options();

    /**
     * Returns the same for a device whose container has other devices on the node, for policies that consider those.
     *
     * @param neighbours works out what the container has and could get
     */
    default Comparator<DeviceOption> options(Supplier<Neighbours> neighbours) {
        return options();
    }

    /** Returns the order of nodes, best first; a total order over different nodes. */
    Comparator<PlanOutcome.Fits> nodes();

    /** Returns what instances on this GPU take from later requests; the costs of a plan's instances are summed for its node. */
    default PlacementCosts costs(MigGpu gpu) {
        return PlacementCosts.NONE;
    }

    /** Returns why the policy does not use a GPU at all, whatever is free on it; empty if it may. */
    default Optional<Reason> refuses(GpuView gpu) {
        return Optional.empty();
    }

    /** Returns whether this policy {@link #refuses} exactly the same GPUs as another one. */
    default boolean refusesLike(PlacementPolicy other) {
        return true;
    }
}
