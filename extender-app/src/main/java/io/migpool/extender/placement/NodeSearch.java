package io.migpool.extender.placement;

import io.migpool.contracts.policy.Arrangement;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.InstanceCounts;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.SharedGpu;
import io.migpool.extender.pool.SlotDemand;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Places all devices of one pod on one node, or none: depth first over the devices, largest first, trying options in the
 * policy's order and backtracking from dead ends. States that failed are remembered, so that equal devices cost no
 * permutations; the number of steps is bounded.
 *
 * <p>It can continue past the last device: callers that have more to place accept or refuse every way to place the pod, by
 * what is taken on the node then.
 */
final class NodeSearch {

    /** Which way to place all devices ends the search. */
    sealed interface Goal {

        /** The first one in the policy's order. */
        record First() implements Goal {}

        /**
         * The first one in the policy's order that passes a test.
         *
         * @param test must answer the same where the same is taken in the end
         */
        record FirstAccepted(Predicate<List<DeviceOption>> test) implements Goal {}
    }

    private final Options options;
    private final List<SlotDemand> slots;
    private final PlacementPolicy policy;
    private final Arrangement arrangement;
    private final NodeView node;
    private final boolean[] eligible;
    private final StepLimit limit;
    private final Goal goal;
    private final List<DeviceOption> chosen = new ArrayList<>();
    private final Set<State> deadEnds = new HashSet<>();

    /**
     * @param options the devices to place, what is legal for each, and the policy that orders it
     * @param arrangement how the devices must be located relative to one another
     * @param node the node to place them on
     * @param eligible which GPUs of the node may be used
     * @param limit bounds the options tried
     * @param goal which way to place all devices ends the search
     */
    NodeSearch(
            Options options, Arrangement arrangement, NodeView node, boolean[] eligible, StepLimit limit, Goal goal) {
        this.options = options;
        this.slots = options.slots();
        this.policy = options.policy();
        this.arrangement = arrangement;
        this.node = node;
        this.eligible = eligible;
        this.limit = limit;
        this.goal = goal;
    }

    /** Returns the option chosen for every device, in the order of the devices; empty if none is found. */
    Optional<List<DeviceOption>> run() {
        return mayHaveRoom() && place(0, node.gpus()) ? Optional.of(List.copyOf(chosen)) : Optional.empty();
    }

    /** A cheap check: the search would find the same, but only after trying nearly all ways to place all but a few devices. */
    private boolean mayHaveRoom() {
        if (slots.size() == 1) {
            return true;
        }
        int containers = (int) slots.stream()
                .flatMap(slot -> slot.containers().stream())
                .distinct()
                .count();
        int room = 0;
        for (int i = 0; i < eligible.length && room < slots.size(); i++) {
            if (eligible[i]) {
                int most = options.most(node.gpus().get(i), containers);
                room += arrangement.spreadDevices() ? Math.min(1, most) : most;
            }
        }
        return room >= slots.size();
    }

    private boolean place(int slot, List<GpuView> gpus) {
        if (slot == slots.size()) {
            return switch (goal) {
                case Goal.First() -> true;
                case Goal.FirstAccepted(Predicate<List<DeviceOption>> test) -> test.test(List.copyOf(chosen));
            };
        }
        if (slot == slots.size() - 1 && goal instanceof Goal.First) {
            return placeLast(slot, gpus);
        }
        if (!deadEnds.isEmpty() && deadEnds.contains(state(slot, gpus))) {
            return false;
        }
        for (int rank = 0; ; rank++) {
            List<DeviceOption> open = options.ofRank(rank, slot, gpus, usable(slot));
            if (open.isEmpty()) {
                break;
            }
            Comparator<DeviceOption> order = policy.options(() -> neighbours(slot, open));
            while (!open.isEmpty() && limit.step()) {
                if (placeWith(takeBest(open, order), slot, gpus)) {
                    return true;
                }
            }
        }
        if (slot > 0) {
            deadEnds.add(state(slot, gpus));
        }
        return false;
    }

    /** Any legal option for the last device ends the search, so only the best one is needed. */
    private boolean placeLast(int slot, List<GpuView> gpus) {
        List<DeviceOption> open = options.bestForLast(gpus, usable(slot));
        if (open.isEmpty() || !limit.step()) {
            return false;
        }
        chosen.addLast(Collections.min(open, policy.options(() -> neighbours(slot, open))));
        return true;
    }

    private boolean placeWith(DeviceOption option, int slot, List<GpuView> gpus) {
        chosen.addLast(option);
        List<GpuView> after = new ArrayList<>(gpus);
        after.set(option.gpuPosition(), option.after());
        if (place(slot + 1, after)) {
            return true;
        }
        chosen.removeLast();
        return false;
    }

    /** The first one nearly always leads to a plan, so sorting all of them would be wasted work. */
    private static DeviceOption takeBest(List<DeviceOption> options, Comparator<DeviceOption> order) {
        int best = 0;
        for (int i = 1; i < options.size(); i++) {
            if (order.compare(options.get(i), options.get(best)) < 0) {
                best = i;
            }
        }
        DeviceOption option = options.get(best);
        DeviceOption last = options.removeLast();
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
        return new State(slot, taken, bonds(slot));
    }

    /**
     * A container sees a software-shared GPU once, so its devices must lie on different ones; and CUDA cannot use instances
     * and shares of whole GPUs together, so they must be of one kind.
     */
    private boolean[] usable(int slot) {
        if (slot == 0) {
            return eligible;
        }
        boolean[] usable = eligible.clone();
        for (int i = 0; i < slot; i++) {
            DeviceOption option = chosen.get(i);
            boolean together = slots.get(i).mayBeSeenWith(slots.get(slot));
            if (arrangement.spreadDevices() || (together && option instanceof DeviceOption.ShareOption)) {
                usable[option.gpuPosition()] = false;
            }
            for (int gpu = 0; together && gpu < usable.length; gpu++) {
                usable[gpu] &= maySitBeside(node.gpus().get(gpu), option.gpu());
            }
        }
        return usable;
    }

    /** Returns whether a container may have devices on both GPUs, judging by their kind and location. */
    private boolean maySitBeside(GpuView gpu, GpuView other) {
        return gpu instanceof MigGpu == other instanceof MigGpu
                && (!arrangement.numaBind() || numaNode(gpu) == numaNode(other));
    }

    private static int numaNode(GpuView gpu) {
        return gpu.inventory().numaNode();
    }

    /** The restrictions that the devices placed so far put on later ones. */
    private Set<Bond> bonds(int slot) {
        Set<Bond> bonds = new HashSet<>();
        for (int i = 0; i < slot; i++) {
            DeviceOption option = chosen.get(i);
            if (arrangement.spreadDevices()) {
                bonds.add(new Bond.Used(option.gpuPosition()));
            }
            for (int container : slots.get(i).containers()) {
                bonds.add(
                        switch (option) {
                            case DeviceOption.ShareOption share -> new Bond.Sees(container, share.gpuPosition());
                            case DeviceOption.MigOption mig -> new Bond.HasInstances(container);
                        });
                if (arrangement.numaBind()) {
                    bonds.add(new Bond.Belongs(container, numaNode(option.gpu())));
                }
            }
        }
        return bonds;
    }

    private Neighbours neighbours(int slot, List<DeviceOption> options) {
        List<Integer> of = new ArrayList<>();
        int later = 0;
        for (int i = 0; i < slots.size(); i++) {
            if (i != slot && slots.get(i).mayBeSeenWith(slots.get(slot))) {
                if (i < slot) {
                    of.add(chosen.get(i).gpuPosition());
                } else {
                    later++;
                }
            }
        }
        return new Neighbours(
                node::linkScore,
                IntStream.range(0, node.gpus().size()).boxed().toList(),
                of,
                options.stream().map(DeviceOption::gpuPosition).distinct().toList(),
                later);
    }

    /** Everything that later devices depend on; all paths to the same state lead to the same result. */
    private record State(int slot, List<Object> taken, Set<Bond> bonds) {}

    private sealed interface Bond {

        /** A container sees this software-shared GPU. */
        record Sees(int container, int gpu) implements Bond {}

        /** A container has instances. */
        record HasInstances(int container) implements Bond {}

        /** A container has devices of this NUMA node. */
        record Belongs(int container, int numaNode) implements Bond {}

        /** A device of the pod lies on this GPU. */
        record Used(int gpu) implements Bond {}
    }

    private record Instances(long units, InstanceCounts counts) {}

    private record Shares(int slots, long memoryMiB, int cores) {}
}
