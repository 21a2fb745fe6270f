package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import io.migpool.extender.pool.BoardUse;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.SharedGpu;
import io.migpool.extender.pool.SlotDemand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/** Finds everything that is legal for one device on one node, in no particular order. Not thread-safe. */
final class Options {

    /** A board meets a few hundred states in practice, times what is idle on it. */
    private static final int MOST_USES = 16_384;

    private final List<SlotDemand> slots;
    private final ServingProfiles serving;
    private final PlacementPolicy policy;

    /** The best option for the last device, by the use of a board, which is the same object for all GPUs that are alike. */
    private final IdentityHashMap<BoardUse, Optional<Best>> bests = new IdentityHashMap<>();

    /**
     * @param slots the devices
     * @param serving which profiles serve them
     * @param policy measures what instances cost, and orders them
     */
    Options(List<SlotDemand> slots, ServingProfiles serving, PlacementPolicy policy) {
        this.slots = slots;
        this.serving = serving;
        this.policy = policy;
    }

    List<SlotDemand> slots() {
        return slots;
    }

    PlacementPolicy policy() {
        return policy;
    }

    private record Best(int profile, Placement placement, long size, boolean idle, long fragmentation) {}

    /**
     * Returns how many devices of the pod the GPU takes at most. No two instances begin at the same unit.
     *
     * @param containers how many containers have devices; each sees a software-shared GPU once
     */
    int most(GpuView gpu, int containers) {
        return switch (gpu) {
            case SharedGpu shared -> Math.clamp(shared.inventory().slots() - shared.usedSlots(), 0, containers);
            case MigGpu mig -> {
                long starts = 0;
                for (int profile : serving.ofAny(mig.board())) {
                    for (Placement placement : mig.board().profile(profile).placements()) {
                        if (mig.isFree(placement)) {
                            starts |= 1L << placement.start();
                        }
                    }
                }
                yield Long.bitCount(starts);
            }
        };
    }

    /**
     * Returns the options of one rank: 0 for the profile that rules and request prefer among those with room on a GPU, 1 for the
     * next, and so on. Software shares are of rank 0. If there is none of a rank, there is none of a higher one.
     *
     * @param slot position of the device in the pod
     * @param usable which GPUs may be used
     */
    List<DeviceOption> ofRank(int rank, int slot, List<GpuView> gpus, boolean[] usable) {
        List<DeviceOption> options = new ArrayList<>();
        for (int i = 0; i < usable.length; i++) {
            if (usable[i]) {
                switch (gpus.get(i)) {
                    case MigGpu gpu -> options.addAll(migOptions(rank, slot, gpu, i));
                    case SharedGpu gpu -> {
                        if (rank == 0) {
                            shareOption(slots.get(slot), gpu, i).ifPresent(options::add);
                        }
                    }
                }
            }
        }
        return options;
    }

    /** Returns the least that the device counts against a quota, whatever is free; memory and compute are minimised separately. */
    Charge leastCharge(int slot, List<GpuView> gpus, boolean[] usable) {
        long memoryMiB = Long.MAX_VALUE;
        long cores = Long.MAX_VALUE;
        for (int i = 0; i < usable.length; i++) {
            if (usable[i]) {
                for (Charge charge : charges(slot, gpus.get(i))) {
                    memoryMiB = Math.min(memoryMiB, charge.memoryMiB());
                    cores = Math.min(cores, charge.cores());
                }
            }
        }
        return memoryMiB == Long.MAX_VALUE ? Charge.NONE : new Charge(memoryMiB, cores);
    }

    private List<Charge> charges(int slot, GpuView gpu) {
        SlotDemand demand = slots.get(slot);
        return switch (gpu) {
            case SharedGpu shared ->
                List.of(new Charge(
                        demand.memoryMiBOf(shared.inventory().memoryMiB()),
                        demand.coresOf(shared.inventory().corePercent())));
            case MigGpu mig ->
                Arrays.stream(serving.of(mig.board(), slot))
                        .mapToObj(profile -> Charge.of(mig.board().profile(profile)))
                        .toList();
        };
    }

    /** Returns the best option of rank 0 for the last device on every GPU that has any. */
    List<DeviceOption> bestForLast(List<GpuView> gpus, boolean[] usable) {
        int slot = slots.size() - 1;
        List<DeviceOption> options = new ArrayList<>(usable.length);
        for (int i = 0; i < usable.length; i++) {
            if (usable[i]) {
                switch (gpus.get(i)) {
                    case MigGpu gpu -> {
                        Optional<Best> best = best(slot, gpu);
                        if (best.isPresent()) {
                            options.add(migOption(slots.get(slot), gpu, i, best.get()));
                        }
                    }
                    case SharedGpu gpu -> shareOption(slots.get(slot), gpu, i).ifPresent(options::add);
                }
            }
        }
        return options;
    }

    private static DeviceOption migOption(SlotDemand slot, MigGpu gpu, int position, Best best) {
        return new DeviceOption.MigOption(
                gpu,
                position,
                best.profile,
                best.placement,
                best.size,
                slot.prefersShares(),
                best.idle,
                best.fragmentation);
    }

    private Optional<Best> best(int slot, MigGpu gpu) {
        if (gpu.isFull()) {
            return Optional.empty();
        }
        Optional<Best> known = bests.get(gpu.use());
        if (known != null) {
            return known;
        }
        List<DeviceOption.MigOption> options = migOptions(0, slot, gpu, 0);
        Optional<Best> found = Optional.empty();
        if (!options.isEmpty()) {
            DeviceOption.MigOption mig = Collections.min(options, policy.options());
            found = Optional.of(new Best(mig.profile(), mig.placement(), mig.size(), mig.idle(), mig.fragmentation()));
        }
        if (bests.size() >= MOST_USES) {
            bests.clear();
        }
        bests.put(gpu.use(), found);
        return found;
    }

    private List<DeviceOption.MigOption> migOptions(int rank, int slot, MigGpu gpu, int position) {
        MigBoard board = gpu.board();
        int seen = 0;
        for (int profile : board.permitted(serving.of(board, slot), gpu.counts())) {
            if (gpu.hasRoomFor(profile) && seen++ == rank) {
                PlacementCosts costs = policy.costs(gpu);
                SlotDemand demand = slots.get(slot);
                long size = demand.sizeOf(board.profile(profile), board.units());
                List<DeviceOption.MigOption> options = new ArrayList<>();
                for (Placement placement : board.profile(profile).placements()) {
                    if (gpu.isFree(placement)) {
                        boolean idle = gpu.isIdle(profile, placement);
                        options.add(new DeviceOption.MigOption(
                                gpu,
                                position,
                                profile,
                                placement,
                                size,
                                demand.prefersShares(),
                                idle,
                                costs.of(placement)));
                    }
                }
                return options;
            }
        }
        return List.of();
    }

    private static Optional<DeviceOption> shareOption(SlotDemand slot, SharedGpu gpu, int position) {
        long memoryMiB = slot.memoryMiBOf(gpu.inventory().memoryMiB());
        int cores = slot.coresOf(gpu.inventory().corePercent());
        return gpu.refuses(memoryMiB, cores, slot).isEmpty()
                ? Optional.of(new DeviceOption.ShareOption(gpu, position, memoryMiB, cores, !slot.prefersShares()))
                : Optional.empty();
    }
}
