package io.migpool.extender.placement;

import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.SlotDemand;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks up which profiles of a board serve the devices of one pod, once per board. Not thread-safe. */
final class ServingProfiles {

    private record Known(MigBoard board, List<int[]> bySlot, List<Integer> any) {}

    private final List<SlotDemand> slots;
    private final Map<MigBoard, Known> known = new HashMap<>();

    /** Neighbouring GPUs are usually of one kind. */
    private @Nullable Known last;

    ServingProfiles(List<SlotDemand> slots) {
        this.slots = slots;
    }

    /** Returns indices of the profiles that serve the device at that position in the pod, best first; not to be modified. */
    int[] of(MigBoard board, int slot) {
        return of(board).bySlot.get(slot);
    }

    /** Returns indices of the profiles that serve any of the devices. */
    List<Integer> ofAny(MigBoard board) {
        return of(board).any;
    }

    private Known of(MigBoard board) {
        Known found = last;
        if (found == null || found.board != board) {
            found = known.computeIfAbsent(board, this::known);
            last = found;
        }
        return found;
    }

    private Known known(MigBoard board) {
        List<int[]> bySlot = slots.stream().map(board::serving).toList();
        return new Known(
                board,
                bySlot,
                bySlot.stream().flatMapToInt(Arrays::stream).distinct().boxed().toList());
    }
}
