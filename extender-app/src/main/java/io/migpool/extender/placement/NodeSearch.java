package io.migpool.extender.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Places all devices of one pod on one node, or none: depth first over the devices, largest first, trying options in the
 * policy's order and taking back what leads nowhere. States that failed are remembered, so that equal devices cost no
 * permutations; the number of steps is bounded.
 */
final class NodeSearch {

    private static final int MOST_STEPS = 20_000;

    private final List<SlotDemand> slots;
    private final Servings servings;
    private final boolean[] eligible;
    private final Comparator<Option> order;
    private final List<Option> chosen = new ArrayList<>();
    private final Set<State> deadEnds = new HashSet<>();
    private int steps;

    /**
     * @param slots devices to place
     * @param servings which profiles serve them
     * @param eligible which GPUs of the node may be used
     * @param order of the options of one device
     */
    NodeSearch(List<SlotDemand> slots, Servings servings, boolean[] eligible, Comparator<Option> order) {
        this.slots = slots;
        this.servings = servings;
        this.eligible = eligible.clone();
        this.order = order;
    }

    /** The option chosen for every device, in the order of the devices. */
    Optional<List<Option>> run(List<GpuView> gpus) {
        return place(0, gpus) ? Optional.of(List.copyOf(chosen)) : Optional.empty();
    }

    /** Whether the search ended because of its bound. */
    boolean gaveUp() {
        return steps > MOST_STEPS;
    }

    private boolean place(int slot, List<GpuView> gpus) {
        if (slot == slots.size()) {
            return true;
        }
        if (!deadEnds.isEmpty() && deadEnds.contains(state(slot, gpus))) {
            return false;
        }
        for (int rank = 0; ; rank++) {
            List<Option> options = Options.ofRank(rank, slots.get(slot), servings, gpus, usable(slot));
            if (options.isEmpty()) {
                break;
            }
            while (!options.isEmpty() && ++steps <= MOST_STEPS) {
                if (placeWith(takeBest(options), slot, gpus)) {
                    return true;
                }
            }
        }
        if (slot > 0) {
            deadEnds.add(state(slot, gpus));
        }
        return false;
    }

    private boolean placeWith(Option option, int slot, List<GpuView> gpus) {
        chosen.addLast(option);
        List<GpuView> after = new ArrayList<>(gpus);
        after.set(option.gpuPosition(), option.after());
        if (place(slot + 1, after)) {
            return true;
        }
        chosen.removeLast();
        return false;
    }

    /** The first one nearly always leads to a plan, so that sorting them all would be for nothing. */
    private Option takeBest(List<Option> options) {
        int best = 0;
        for (int i = 1; i < options.size(); i++) {
            if (order.compare(options.get(i), options.get(best)) < 0) {
                best = i;
            }
        }
        Option option = options.get(best);
        Option last = options.removeLast();
        if (best < options.size()) {
            options.set(best, last);
        }
        return option;
    }

    private State state(int slot, List<GpuView> gpus) {
        List<Object> taken = gpus.stream()
                .<Object>map(gpu -> switch (gpu) {
                    case MigGpu mig -> new Instances(mig.taken().bits(), mig.counts());
                    case SharedGpu shared -> new Shares(shared.usedSlots(), shared.usedMemoryMiB(), shared.usedCores());
                })
                .toList();
        return new State(slot, taken, gpusOfContainers(slot));
    }

    /** A container sees a software-shared GPU once, so its devices must lie on different ones. */
    private boolean[] usable(int slot) {
        boolean[] usable = eligible.clone();
        for (int i = 0; i < slot; i++) {
            Option option = chosen.get(i);
            if (option instanceof Option.Slice && sameContainer(slots.get(i), slots.get(slot))) {
                usable[option.gpuPosition()] = false;
            }
        }
        return usable;
    }

    /** The GPUs that containers already see, by container: what later devices of the same container may not use. */
    private Set<List<Integer>> gpusOfContainers(int slot) {
        Set<List<Integer>> seen = new HashSet<>();
        for (int i = 0; i < slot; i++) {
            if (chosen.get(i) instanceof Option.Slice) {
                for (SlotDemand.User user : slots.get(i).users()) {
                    seen.add(List.of(user.container(), chosen.get(i).gpuPosition()));
                }
            }
        }
        return seen;
    }

    private static boolean sameContainer(SlotDemand a, SlotDemand b) {
        return a.users().stream()
                .anyMatch(user -> b.users().stream().anyMatch(other -> other.container() == user.container()));
    }

    /** What later devices depend on; two ways to the same state end the same. */
    private record State(int slot, List<Object> taken, Set<List<Integer>> gpusOfContainers) {}

    private record Instances(long units, InstanceCounts counts) {}

    private record Shares(int slots, long memoryMiB, int cores) {}
}
