package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.ArrayList;
import java.util.List;

/** Everything that is legal for one device on one node, in no particular order. */
final class Options {

    private Options() {}

    static List<Option> of(SlotDemand slot, List<GpuView> gpus, boolean[] usable) {
        List<Option> options = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            if (usable[i]) {
                switch (gpus.get(i)) {
                    case MigGpu gpu -> addInstances(options, slot, gpu, i);
                    case SharedGpu gpu -> addShare(options, slot, gpu, i);
                }
            }
        }
        return options;
    }

    /** Profiles without a free placement are skipped and do not count in the rank. */
    private static void addInstances(List<Option> options, SlotDemand slot, MigGpu gpu, int position) {
        MigBoard board = gpu.board();
        int rank = 0;
        for (int index : board.permitted(board.serving(slot), gpu.counts())) {
            ProfileCapability profile = board.profile(index);
            int before = options.size();
            for (Placement placement : profile.placements()) {
                if (gpu.isFree(placement)) {
                    options.add(new Option(
                            gpu,
                            position,
                            gpu.plusInstance(index, placement),
                            new DeviceShare.Instance(gpu.inventory().uuid(), profile.profile(), placement),
                            index,
                            placement,
                            rank,
                            profile.size() * 1000 / board.units(),
                            gpu.isIdle(profile.profile(), placement)));
                }
            }
            if (options.size() > before) {
                rank++;
            }
        }
    }

    private static void addShare(List<Option> options, SlotDemand slot, SharedGpu gpu, int position) {
        long memoryMiB = slot.memoryMiBOf(gpu.inventory().memoryMiB());
        if (gpu.refuses(memoryMiB, slot.cores(), slot.text()).isPresent()) {
            return;
        }
        DeviceShare share = new DeviceShare.Slice(gpu.inventory().uuid(), memoryMiB, slot.cores());
        long total = Math.max(1, gpu.inventory().memoryMiB());
        options.add(new Option(
                gpu, position, gpu.plus(share), share, -1, null, 0, (int) (memoryMiB * 1000 / total), false));
    }
}
