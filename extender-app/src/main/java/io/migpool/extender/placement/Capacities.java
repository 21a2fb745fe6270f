package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuInventory.IdleInstance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Capacities for one look at many GPUs: equal boards in equal states are worked out once. Not for use by several threads.
 */
public final class Capacities {

    private record State(
            MigBoard board, BoardState units, InstanceCounts counts, boolean inUse, List<IdleInstance> idle) {}

    private final Map<State, Capacity> known = new HashMap<>();

    /** The capacity of a GPU. */
    public Capacity of(MigGpu gpu) {
        State state = new State(
                gpu.board(),
                gpu.units(),
                gpu.counts(),
                gpu.inventory().healthy() && !gpu.cordoned(),
                gpu.inventory().idle());
        return known.computeIfAbsent(state, any -> Capacity.of(gpu));
    }
}
