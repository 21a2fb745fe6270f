package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What would have to move so that a pod fits which does not fit now: the difference between a pool that is full and one
 * whose free units lie in the wrong places. Nothing is ever moved by it; people may restart the pods named.
 *
 * @param node where the device would go
 * @param place the device's instance
 * @param moves instances of other pods that lie in its way, and where each would fit instead; at least one
 */
public record Rearrangement(String node, DeviceShare.Instance place, List<Move> moves) {

    private static final int MOST_MOVES = 3;
    private static final int MOST_GPUS = 1000;
    private static final int MOST_ANSWERS = 5;

    public Rearrangement {
        moves = List.copyOf(moves);
    }

    /**
     * An instance that would have to lie elsewhere.
     *
     * @param from where it lies
     * @param toNode node where it would fit
     * @param to the same instance there
     */
    public record Move(DeviceShare.Instance from, String toNode, DeviceShare.Instance to) {}

    private record Site(String node, MigGpu gpu) {}

    /** Instances taken away from a GPU, so that one of a profile that serves has room. */
    private record Clearing(Site site, List<DeviceShare.Instance> moved, MigGpu cleared, int profile) {

        int units() {
            return moved.stream()
                    .mapToInt(instance -> instance.placement().size())
                    .sum();
        }
    }

    /**
     * The ways with the fewest moves, at most {@value #MOST_MOVES} each, best first. Looked for is room for the first device
     * of the pod, by size, that no GPU takes; empty if there is none, or if moving helps nothing.
     *
     * @param pod a pod that fits nowhere
     * @param nodes the pool
     * @param instances of pods, by the UUID of their GPU
     */
    public static List<Rearrangement> of(
            PodDemand pod, List<NodeView> nodes, Map<String, List<DeviceShare.Instance>> instances) {
        List<Site> sites = new ArrayList<>();
        List<GpuView> eligible = new ArrayList<>();
        for (NodeView node : nodes) {
            for (GpuView gpu : node.unusable() == null ? node.gpus() : List.<GpuView>of()) {
                if (Refusals.ineligible(pod.constraints(), gpu).isEmpty()) {
                    eligible.add(gpu);
                    if (gpu instanceof MigGpu mig) {
                        sites.add(new Site(node.name(), mig));
                    }
                }
            }
        }
        Refusals refusals = new Refusals(pod, new Servings(pod.slots()));
        for (int slot = 0; slot < pod.slots().size(); slot++) {
            int device = slot;
            if (eligible.stream().noneMatch(gpu -> refusals.takes(device, gpu))) {
                return waysFor(pod.slots().get(device), sites, instances);
            }
        }
        return List.of();
    }

    private static List<Rearrangement> waysFor(
            SlotDemand slot, List<Site> sites, Map<String, List<DeviceShare.Instance>> instances) {
        List<Clearing> clearings = new ArrayList<>();
        for (Site site : sites.subList(0, Math.min(MOST_GPUS, sites.size()))) {
            List<DeviceShare.Instance> present =
                    instances.getOrDefault(site.gpu().inventory().uuid(), List.of());
            clear(slot, site, present, 0, List.of(), site.gpu(), clearings);
        }
        clearings.sort(
                Comparator.comparingInt((Clearing clearing) -> clearing.moved().size())
                        .thenComparingInt(Clearing::units));
        List<Rearrangement> ways = new ArrayList<>();
        for (Clearing clearing : clearings) {
            boolean known = ways.stream().anyMatch(way -> way.place()
                    .gpuUuid()
                    .equals(clearing.site().gpu().inventory().uuid()));
            if (!known) {
                realise(clearing, sites).ifPresent(ways::add);
            }
            if (ways.size() == MOST_ANSWERS) {
                break;
            }
        }
        return List.copyOf(ways);
    }

    /** Adds sets of instances whose leaving makes room, the smallest ones among them. */
    private static void clear(
            SlotDemand slot,
            Site site,
            List<DeviceShare.Instance> present,
            int from,
            List<DeviceShare.Instance> moved,
            MigGpu cleared,
            List<Clearing> clearings) {
        MigBoard board = cleared.board();
        for (int profile : board.permitted(board.serving(slot), cleared.counts())) {
            if (!moved.isEmpty() && cleared.hasRoomFor(profile)) {
                clearings.add(new Clearing(site, moved, cleared, profile));
                return;
            }
        }
        for (int i = from; i < present.size() && moved.size() < MOST_MOVES; i++) {
            List<DeviceShare.Instance> more = new ArrayList<>(moved);
            more.add(present.get(i));
            clear(slot, site, present, i + 1, List.copyOf(more), cleared.minus(present.get(i)), clearings);
        }
    }

    private static Optional<Rearrangement> realise(Clearing clearing, List<Site> sites) {
        MigGpu gpu = clearing.cleared();
        for (Placement placement : gpu.board().profile(clearing.profile()).placements()) {
            if (gpu.isFree(placement)) {
                Map<String, MigGpu> after = new HashMap<>();
                after.put(gpu.inventory().uuid(), gpu.plusInstance(clearing.profile(), placement));
                List<Move> moves = new ArrayList<>();
                if (settle(clearing, 0, sites, after, moves)) {
                    return Optional.of(new Rearrangement(
                            clearing.site().node(),
                            new DeviceShare.Instance(
                                    gpu.inventory().uuid(),
                                    gpu.board().profile(clearing.profile()).profile(),
                                    placement),
                            moves));
                }
            }
        }
        return Optional.empty();
    }

    /** Finds a place for every instance from that one on: on its own GPU where that works, else on the first other that has room. */
    private static boolean settle(
            Clearing clearing, int next, List<Site> sites, Map<String, MigGpu> after, List<Move> moves) {
        if (next == clearing.moved().size()) {
            return true;
        }
        DeviceShare.Instance moved = clearing.moved().get(next);
        Site own = clearing.site();
        for (DeviceShare.Instance to : placesOf(moved, gpuOf(own, after))) {
            if (settleAt(own, to, clearing, next, sites, after, moves)) {
                return true;
            }
        }
        for (Site site : sites) {
            List<DeviceShare.Instance> places = site.equals(own) ? List.of() : placesOf(moved, gpuOf(site, after));
            if (!places.isEmpty()) {
                return settleAt(site, places.getFirst(), clearing, next, sites, after, moves);
            }
        }
        return false;
    }

    private static boolean settleAt(
            Site site,
            DeviceShare.Instance to,
            Clearing clearing,
            int next,
            List<Site> sites,
            Map<String, MigGpu> after,
            List<Move> moves) {
        MigGpu before = gpuOf(site, after);
        after.put(to.gpuUuid(), before.plus(to));
        moves.addLast(new Move(clearing.moved().get(next), site.node(), to));
        if (settle(clearing, next + 1, sites, after, moves)) {
            return true;
        }
        moves.removeLast();
        after.put(to.gpuUuid(), before);
        return false;
    }

    private static MigGpu gpuOf(Site site, Map<String, MigGpu> after) {
        return after.getOrDefault(site.gpu().inventory().uuid(), site.gpu());
    }

    private static List<DeviceShare.Instance> placesOf(DeviceShare.Instance moved, MigGpu gpu) {
        return gpu.inventory().profile(moved.profile()).stream()
                .flatMap(profile -> profile.placements().stream())
                .map(placement -> new DeviceShare.Instance(gpu.inventory().uuid(), moved.profile(), placement))
                .filter(gpu::admits)
                .toList();
    }
}
