package io.migpool.extender.reservation;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.pool.Capacities;
import io.migpool.extender.pool.Capacity;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reports the cluster as this replica sees it: nodes, GPUs, what pods have, what is held, and what still fits. */
public final class PoolReport {

    private static final char TAKEN = '#';
    private static final char FREE = '.';

    private final ClusterView cluster;
    private final HoldBook book;

    public PoolReport(ClusterView cluster, HoldBook book) {
        this.cluster = cluster;
        this.book = book;
    }

    /**
     * The pool.
     *
     * @param synced whether all nodes and pods have been read
     * @param pods live pods that ask for GPUs
     * @param fits how many more instances of each profile fit, holds counted, each profile on its own
     * @param fragmentation part of the room that only a new layout of the instances would give, 0 to 1, holds counted
     * @param nodes all nodes by name
     */
    public record Pool(
            boolean synced, int pods, Map<String, Integer> fits, double fragmentation, List<PoolNode> nodes) {}

    /**
     * A node.
     *
     * @param node its name
     * @param unusable why no new pod may come, or empty
     * @param cordoned whether it is marked as unschedulable, so that the scheduler passes over it
     * @param fragmentation the same as for the pool, on this node
     * @param gpus its GPUs by index
     * @param holds room kept for pods that are being scheduled
     */
    public record PoolNode(
            String node,
            String unusable,
            boolean cordoned,
            double fragmentation,
            List<PoolGpu> gpus,
            List<PoolHold> holds) {}

    /**
     * A GPU with pods and holds.
     *
     * @param gpu its UUID
     * @param index its index on the node
     * @param model its name
     * @param mode {@code mig} or {@code hami-core}
     * @param healthy whether the node reports it as healthy
     * @param cordoned whether an administrator took it out of use
     * @param memoryMiB its memory, in MiB
     * @param usedMemoryMiB memory given to pods, in MiB
     * @param usedCores compute given to pods, in percent
     * @param users devices of containers on it
     * @param units placement units from the first to the last, {@code #} taken and {@code .} free; empty unless it is partitioned
     * @param shares what pods have on it, holds not included
     * @param fits how many more instances of each profile fit, holds counted, each profile on its own
     * @param fragmentation the same as for the pool, on this GPU; 0 unless it is partitioned
     */
    public record PoolGpu(
            String gpu,
            int index,
            String model,
            String mode,
            boolean healthy,
            boolean cordoned,
            long memoryMiB,
            long usedMemoryMiB,
            int usedCores,
            int users,
            String units,
            List<PoolShare> shares,
            Map<String, Integer> fits,
            double fragmentation) {}

    /**
     * What a pod has.
     *
     * @param pod namespace and name
     * @param share profile and placement, or memory and compute
     */
    public record PoolShare(String pod, String share) {}

    /**
     * A hold.
     *
     * @param pod namespace and name
     * @param state how far the pod is
     * @param plan where its devices would go
     */
    public record PoolHold(String pod, String state, String plan) {}

    /** Present and possible room, in units summed over the profiles. */
    private record Room(long toWin, long repacked) {

        private static final Room NONE = new Room(0, 0);

        static Room of(NodeView node, Capacities capacities) {
            return node.gpus().stream()
                    .map(gpu -> capacity(gpu, capacities))
                    .map(capacity -> new Room(capacity.unitsToWin(), capacity.unitsRepacked()))
                    .reduce(NONE, Room::plus);
        }

        Room plus(Room other) {
            return new Room(toWin + other.toWin, repacked + other.repacked);
        }

        double fragmentation() {
            return Capacity.fragmentation(toWin, repacked);
        }
    }

    /** Returns a description of the pool now. Holds up scheduling for one node's time at most. */
    public Pool describe() {
        Map<String, List<PoolShare>> shares = sharesByGpu();
        Capacities capacities = new Capacities();
        Map<String, Integer> fits = new TreeMap<>();
        List<PoolNode> nodes = new ArrayList<>();
        Room room = Room.NONE;
        for (NodeView known : cluster.nodes()) {
            Optional<NodeView> node = book.node(known.name(), hold -> true);
            if (node.isPresent()) {
                Room ofNode = Room.of(node.get(), capacities);
                nodes.add(describe(node.get(), ofNode, shares, capacities));
                room = room.plus(ofNode);
            }
        }
        nodes.stream()
                .filter(node -> node.unusable().isEmpty())
                .flatMap(node -> node.gpus().stream())
                .forEach(gpu -> gpu.fits().forEach((profile, count) -> fits.merge(profile, count, Integer::sum)));
        return new Pool(cluster.synced(), cluster.pods().size(), fits, room.fragmentation(), nodes);
    }

    private static Capacity capacity(GpuView gpu, Capacities capacities) {
        return switch (gpu) {
            case MigGpu mig -> capacities.of(mig);
            case SharedGpu shared -> new Capacity(0, 0, 0, 0, 0, List.of());
        };
    }

    private Map<String, List<PoolShare>> sharesByGpu() {
        Map<String, List<PoolShare>> shares = new HashMap<>();
        List<PodEntry> pods = cluster.pods().stream()
                .sorted(Comparator.comparing(pod -> pod.key().toString()))
                .toList();
        for (PodEntry pod : pods) {
            for (DevicePart part :
                    cluster.occupancy(pod).map(PodOccupancy::parts).orElse(List.of())) {
                shares.computeIfAbsent(part.gpuUuid(), gpu -> new ArrayList<>())
                        .add(new PoolShare(pod.key().toString(), text(part)));
            }
        }
        return shares;
    }

    private static String text(DevicePart part) {
        return switch (part) {
            case DevicePart.MigSlice(var gpu, var profile, var placement) -> profile + " at " + placement;
            case DevicePart.SoftwareShare(var gpu, var memoryMiB, var cores) ->
                "%d MiB, %d %% cores".formatted(memoryMiB, cores);
            case DevicePart.UnplacedMigSlice(var gpu, var memoryMiB) ->
                "an instance with %d MiB, from a HAMi template".formatted(memoryMiB);
        };
    }

    private PoolNode describe(NodeView node, Room room, Map<String, List<PoolShare>> shares, Capacities capacities) {
        Reason unusable = node.unusable();
        return new PoolNode(
                node.name(),
                unusable == null ? "" : unusable.text(),
                cluster.isCordoned(node.name()),
                room.fragmentation(),
                node.gpus().stream()
                        .map(gpu -> describe(
                                gpu,
                                capacity(gpu, capacities),
                                shares.getOrDefault(gpu.inventory().uuid(), List.of())))
                        .toList(),
                book.on(node.name()).stream()
                        .map(hold -> new PoolHold(
                                hold.pod().toString(),
                                hold.state().name(),
                                hold.plan().text()))
                        .toList());
    }

    private static PoolGpu describe(GpuView view, Capacity capacity, List<PoolShare> shares) {
        GpuInventory gpu = view.inventory();
        return new PoolGpu(
                gpu.uuid(),
                gpu.index(),
                gpu.model(),
                gpu.mode().wireName(),
                gpu.healthy(),
                view.cordoned(),
                gpu.memoryMiB(),
                view.usedMemoryMiB(),
                view.usedCores(),
                view.users(),
                switch (view) {
                    case MigGpu mig -> units(mig);
                    case SharedGpu shared -> "";
                },
                shares,
                capacity.fits(),
                Capacity.fragmentation(capacity.unitsToWin(), capacity.unitsRepacked()));
    }

    private static String units(MigGpu gpu) {
        StringBuilder units = new StringBuilder();
        for (int unit = 0; unit < gpu.board().units(); unit++) {
            units.append((gpu.taken().bits() >>> unit & 1) == 0 ? FREE : TAKEN);
        }
        return units.toString();
    }
}
