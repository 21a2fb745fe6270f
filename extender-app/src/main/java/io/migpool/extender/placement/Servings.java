package io.migpool.extender.placement;

import java.util.HashMap;
import java.util.Map;

/** Which profiles of a board serve a device, looked up once per board and device of one decision. Not thread-safe. */
final class Servings {

    private final Map<MigBoard, Map<SlotDemand, int[]>> servings = new HashMap<>();

    /** Indices of the profiles, best first. */
    int[] of(MigBoard board, SlotDemand slot) {
        return servings.computeIfAbsent(board, b -> new HashMap<>()).computeIfAbsent(slot, board::serving);
    }
}
