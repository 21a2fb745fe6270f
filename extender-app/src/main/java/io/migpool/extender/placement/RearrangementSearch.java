package io.migpool.extender.placement;

import io.migpool.extender.placement.Rearrangement.Tenant;
import io.migpool.extender.placement.Rearrangement.Ways;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks for a few pods of one node whose move makes room for a waiting one: first single pods, then pairs, then triples, on
 * the nodes that lack least first. Sets that cannot help by the sums of free and taken room are skipped without a try, so
 * that a full pool is known to be full; what is tried is bounded in steps. Used once.
 */
final class RearrangementSearch {

    private static final int MOST_MOVES = 3;
    private static final int MOST_ANSWERS = 5;
    private static final int MOST_STEPS = 100_000;

    /** A set that takes more steps has many places for its pods to go, none of which helps. */
    private static final int MOST_STEPS_OF_A_SET = 5_000;

    private final PodDemand pod;
    private final PolicySource policies;
    private final NodePlanner waiting;
    private final Suitability suitability;
    private final List<NodeView> nodes;
    private final Map<PodDemand.Shape, NodePlanner> planners = new HashMap<>();
    private final Map<PodDemand.Shape, List<NodeView>> hosts = new HashMap<>();
    private final StepLimit limit = new StepLimit(MOST_STEPS);
    private final List<Found> found = new ArrayList<>();
    private boolean cutShort;

    RearrangementSearch(PodDemand pod, List<NodeView> nodes, PolicySource policies) {
        this.pod = pod;
        this.policies = policies;
        this.waiting = new NodePlanner(pod, policies.of(pod));
        this.suitability = new Suitability(pod.constraints());
        this.nodes = nodes;
    }

    /**
     * A pod that may leave a node; room as {@link RoomBounds} measures it.
     *
     * @param tenant the pod
     * @param room what it takes
     * @param gain the most that its move can free: less than it takes if no other node has a place for it
     */
    private record Leaver(Tenant tenant, int room, int gain) {}

    /**
     * A node that would take the pod if enough others left.
     *
     * @param leavers pods that may leave, the smallest first
     * @param lacking room that they must free together
     * @param mostGain the most that one of them frees
     */
    private record Site(NodeView node, List<Leaver> leavers, int lacking, int mostGain) {}

    private record Found(Rearrangement way, int moved) {}

    Ways among(List<Tenant> tenants) {
        Map<String, List<Tenant>> byNode = tenants.stream()
                .collect(Collectors.groupingBy(tenant -> tenant.occupancy().node()));
        List<Site> sites = nodes.stream()
                .flatMap(node -> site(node, byNode.getOrDefault(node.name(), List.of())).stream())
                .sorted(Comparator.comparingInt(Site::lacking)
                        .thenComparing(site -> site.node().name()))
                .toList();
        for (int moves = 1; moves <= MOST_MOVES && found.isEmpty(); moves++) {
            for (Site site : sites) {
                choose(site, List.of(), 0, 0, moves);
            }
        }
        found.sort(Comparator.comparingInt(Found::moved));
        boolean complete = !found.isEmpty() || !(cutShort || limit.exceeded());
        return new Ways(found.stream().map(Found::way).toList(), complete);
    }

    /** Returns empty if the node would not take the pod even if all movable pods left. */
    private Optional<Site> site(NodeView node, List<Tenant> tenants) {
        Set<String> accepted = node.gpus().stream()
                .filter(gpu -> suitability.ineligible(gpu).isEmpty())
                .map(gpu -> gpu.inventory().uuid())
                .collect(Collectors.toSet());
        List<Tenant> movable = tenants.stream()
                .filter(tenant ->
                        tenant.occupancy().parts().stream().anyMatch(part -> accepted.contains(part.gpuUuid())))
                .toList();
        if (movable.isEmpty()
                || !limit.step()
                || waiting.find(without(node, movable), limit).isEmpty()) {
            return Optional.empty();
        }
        List<Leaver> leavers = movable.stream()
                .map(tenant -> leaver(tenant, node))
                .sorted(Comparator.comparingInt(Leaver::room)
                        .thenComparing(leaver -> leaver.tenant().pod()))
                .toList();
        return Optional.of(new Site(
                node,
                leavers,
                RoomBounds.least(pod, node) - RoomBounds.free(node),
                leavers.stream().mapToInt(Leaver::gain).max().orElse(0)));
    }

    private static NodeView without(NodeView node, List<Tenant> tenants) {
        NodeView view = node;
        for (Tenant tenant : tenants) {
            view = view.minus(tenant.occupancy());
        }
        return view;
    }

    private Leaver leaver(Tenant tenant, NodeView node) {
        int room = RoomBounds.taken(tenant.occupancy(), node);
        int gain = hosts(tenant, node).findAny().isPresent() ? room : room - RoomBounds.least(tenant.demand(), node);
        return new Leaver(tenant, room, Math.max(0, gain));
    }

    /** Completes a set of leaving pods with that many more, taken from the leavers at that position on, and tries it. */
    private void choose(Site site, List<Leaver> chosen, int from, int gained, int missing) {
        if (missing == 0) {
            tryOut(site, chosen);
            return;
        }
        for (int i = from; i < site.leavers().size(); i++) {
            if (gained + missing * site.mostGain() < site.lacking()
                    || found.size() == MOST_ANSWERS
                    || limit.exceeded()) {
                return;
            }
            Leaver leaver = site.leavers().get(i);
            List<Leaver> more = new ArrayList<>(chosen);
            more.add(leaver);
            choose(site, more, i + 1, gained + leaver.gain(), missing - 1);
        }
    }

    private void tryOut(Site site, List<Leaver> chosen) {
        int gain = chosen.stream().mapToInt(Leaver::gain).sum();
        if (gain < site.lacking()) {
            return;
        }
        List<Tenant> leaving = chosen.stream().map(Leaver::tenant).toList();
        StepLimit own = limit.within(MOST_STEPS_OF_A_SET);
        Optional<Rearrangement> way = new RearrangementAttempt(
                        waiting,
                        without(site.node(), leaving),
                        leaving,
                        this::planner,
                        tenant -> hosts(tenant, site.node()),
                        own)
                .find();
        cutShort |= own.exceeded();
        way.filter(this::isAnother)
                .ifPresent(another -> found.add(new Found(
                        another, chosen.stream().mapToInt(Leaver::room).sum())));
    }

    /** One solution per set of GPUs is enough. */
    private boolean isAnother(Rearrangement way) {
        return found.stream()
                .noneMatch(
                        known -> known.way().plan().gpuUuids().equals(way.plan().gpuUuids()));
    }

    private NodePlanner planner(Tenant tenant) {
        return planners.computeIfAbsent(
                tenant.demand().shape(), shape -> new NodePlanner(tenant.demand(), policies.of(tenant.demand())));
    }

    /**
     * Returns other nodes that take a pod as they are; no more than the pods that may move, since that leaves one for each
     * whatever the others take.
     */
    private Stream<NodeView> hosts(Tenant tenant, NodeView left) {
        return hosts.computeIfAbsent(tenant.demand().shape(), shape -> hosts(planner(tenant))).stream()
                .filter(host -> !host.name().equals(left.name()))
                .limit(MOST_MOVES);
    }

    private List<NodeView> hosts(NodePlanner planner) {
        return nodes.stream()
                .takeWhile(node -> !limit.exceeded())
                .filter(node -> planner.find(node, limit).isPresent())
                .limit(MOST_MOVES + 1L)
                .toList();
    }
}
