package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import java.util.ArrayList;
import java.util.List;

/** Everything that is legal for one device on one node, in no particular order. */
final class Options {

    private Options() {}

    /**
     * Options of one rank: 0 for the profile that rules and request prefer among those with room on a GPU, 1 for the next,
     * and so on. Software shares are of rank 0. If there is none of a rank, there is none of a higher one.
     */
    static List<Option> ofRank(int rank, SlotDemand slot, Servings servings, List<GpuView> gpus, boolean[] usable) {
        List<Option> options = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            if (usable[i]) {
                switch (gpus.get(i)) {
                    case MigGpu gpu -> addCuts(options, rank, servings.of(gpu.board(), slot), gpu, i);
                    case SharedGpu gpu -> {
                        if (rank == 0) {
                            addSlice(options, slot, gpu, i);
                        }
                    }
                }
            }
        }
        return options;
    }

    private static void addCuts(List<Option> options, int rank, int[] serving, MigGpu gpu, int position) {
        MigBoard board = gpu.board();
        int seen = 0;
        for (int profile : board.permitted(serving, gpu.counts())) {
            if (gpu.hasRoomFor(profile) && seen++ == rank) {
                for (Placement placement : board.profile(profile).placements()) {
                    if (gpu.isFree(placement)) {
                        options.add(new Option.Cut(gpu, position, profile, placement, gpu.isIdle(profile, placement)));
                    }
                }
                return;
            }
        }
    }

    private static void addSlice(List<Option> options, SlotDemand slot, SharedGpu gpu, int position) {
        long memoryMiB = slot.memoryMiBOf(gpu.inventory().memoryMiB());
        if (gpu.refuses(memoryMiB, slot.cores(), slot).isEmpty()) {
            options.add(new Option.Slice(gpu, position, memoryMiB, slot.cores()));
        }
    }
}
