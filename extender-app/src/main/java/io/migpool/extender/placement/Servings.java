package io.migpool.extender.placement;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which profiles of a board serve the devices of one pod, looked up once per board. Not thread-safe. */
final class Servings {

    private record Known(MigBoard board, List<int[]> bySlot) {}

    private final List<SlotDemand> slots;
    private final Map<MigBoard, Known> known = new HashMap<>();

    /** Neighbouring GPUs are mostly of one kind. */
    private @Nullable Known last;

    Servings(List<SlotDemand> slots) {
        this.slots = slots;
    }

    /** Indices of the profiles that serve the device of that position in the pod, best first; not to be modified. */
    int[] of(MigBoard board, int slot) {
        Known found = last;
        if (found == null || found.board != board) {
            found = known.computeIfAbsent(
                    board,
                    any -> new Known(board, slots.stream().map(board::serving).toList()));
            last = found;
        }
        return found.bySlot.get(slot);
    }
}
