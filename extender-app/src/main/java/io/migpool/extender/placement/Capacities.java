package io.migpool.extender.placement;

import java.util.HashMap;
import java.util.Map;

/**
 * Capacities for one look at many GPUs: equal boards in equal states are worked out once. Not for use by several threads.
 */
public final class Capacities {

    private record State(BoardUse use, boolean inUse) {}

    private final Map<State, Capacity> known = new HashMap<>();

    /** The capacity of a GPU. */
    public Capacity of(MigGpu gpu) {
        State state = new State(gpu.use(), gpu.inventory().healthy() && !gpu.cordoned());
        return known.computeIfAbsent(state, any -> Capacity.of(gpu));
    }
}
