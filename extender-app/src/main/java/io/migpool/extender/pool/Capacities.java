package io.migpool.extender.pool;

import java.util.HashMap;
import java.util.Map;

/**
 * Computes capacities for one reading of many GPUs: equal boards in equal states are computed once. Not thread-safe.
 */
public final class Capacities {

    private record State(BoardUse use, boolean inUse) {}

    private final Map<State, Capacity> known = new HashMap<>();

    public Capacity of(MigGpu gpu) {
        State state = new State(gpu.use(), gpu.inventory().healthy() && !gpu.cordoned());
        return known.computeIfAbsent(state, any -> Capacity.of(gpu));
    }
}
