package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Rearrangement;
import io.migpool.extender.placement.Rearrangement.Tenant;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Explains where a waiting pod could go now, and for every other node and GPU why not. Changes nothing. */
public final class Explainer {

    private final SchedulingContext context;
    private final ClusterView cluster;
    private final HoldBook book;
    private final Planner planner;
    private final QuotaCheck quota;

    public Explainer(SchedulingContext context) {
        this.context = context;
        this.cluster = context.cluster();
        this.book = context.book();
        this.planner = context.planner();
        this.quota = context.newQuotaCheck();
    }

    /**
     * One node.
     *
     * @param node its name
     * @param plan where the pod's devices would go in words; empty if it does not fit
     * @param reason why it does not fit; empty if it does
     * @param cordoned whether the node is marked as unschedulable, so that the scheduler passes over it
     * @param gpus reasons of the GPUs that cannot serve the pod's largest device
     */
    public record NodeVerdict(String node, String plan, String reason, boolean cordoned, List<GpuVerdict> gpus) {}

    /**
     * One GPU.
     *
     * @param gpu its UUID
     * @param code kind of reason
     * @param reason in words
     */
    public record GpuVerdict(String gpu, String code, String reason) {}

    /**
     * A pod.
     *
     * @param pod its name
     * @param problem what is wrong with its request, or what others hold while they are being scheduled; else empty
     * @param boundTo node it is bound to, or empty
     * @param hold state of its hold and the node, or empty
     * @param nodes all nodes of the pool: first those that take the pod, best first; none if its request is not
     *     understood
     * @param rearrangements if no node takes the pod because free slices lie in the wrong places: what would have to
     *     move, the fewest first; empty if the pool is full
     * @param rearrangementsComplete whether the search for them was complete: if not, finding none does not mean that there is
     *     none
     */
    public record Explanation(
            String namespace,
            String pod,
            String problem,
            String boundTo,
            String hold,
            List<NodeVerdict> nodes,
            List<RoomByMoving> rearrangements,
            boolean rearrangementsComplete) {}

    /**
     * A way to make room. It is only a suggestion: a pod moves only when it is restarted.
     *
     * @param node where there would be room
     * @param place where the pod's devices would go
     * @param moves the pods in its way
     */
    public record RoomByMoving(String node, String place, List<MovedPod> moves) {}

    /**
     * A pod that would have to be restarted.
     *
     * @param pod namespace and name
     * @param from where its devices lie
     * @param toNode where it would have room
     * @param to and where its devices would go there
     */
    public record MovedPod(String pod, String from, String toNode, String to) {}

    /** Explains a live GPU pod; returns empty if there is none of that name. */
    public Optional<Explanation> explain(String namespace, String name) {
        return cluster.pods().stream()
                .filter(pod -> pod.key().namespace().equals(namespace)
                        && pod.key().name().equals(name))
                .findFirst()
                .map(this::explain);
    }

    private Explanation explain(PodEntry pod) {
        String hold = book.of(pod.key().uid())
                .map(h -> h.state() + " on " + h.plan().node())
                .orElse("");
        PodDemand demand = pod.demand();
        if (demand == null) {
            return problem(pod.key(), "its request is not valid; its Events say why");
        }
        String boundTo = Optional.ofNullable(pod.boundTo()).orElse("");
        return boundTo.isEmpty() && !demand.request().namesEveryCount()
                ? problem(pod.key(), RefusalTexts.countMissing(demand.request()))
                : explanation(pod.key(), boundTo, hold, demand);
    }

    /** Explains a pod that need not exist, as the webhook would have completed it. */
    public Explanation explain(Pod pod) {
        PodKey key = PodKey.of(pod.getMetadata());
        return switch (cluster.requestOf(pod)) {
            case RequestOutcome.NoRequest() -> problem(key, "it asks for no GPU resource");
            case RequestOutcome.Rejected rejected -> problem(key, rejected.message());
            case RequestOutcome.Accepted(PodGpuRequest request) ->
                explanation(key, "", "", cluster.demandOf(pod, request));
        };
    }

    private static Explanation problem(PodKey key, String problem) {
        return new Explanation(key.namespace(), key.name(), problem, "", "", List.of(), List.of(), true);
    }

    /** Takes the lock node by node, so that scheduling waits for one node at most. */
    private Explanation explanation(PodKey pod, String boundTo, String hold, PodDemand demand) {
        Predicate<Hold> counted = context.notLapsed().and(held -> !held.pod().equals(pod));
        List<NodeView> views = views(counted);
        Ranking room = planner.rank(demand, views);
        Ranking ranking = quota.within(room, pod, counted);
        Map<String, List<GpuReason>> unsuited = unsuited(demand, room, views);
        List<NodeVerdict> verdicts = new ArrayList<>();
        ranking.fits()
                .forEach(fits -> verdicts.add(new NodeVerdict(
                        fits.node(),
                        fits.plan().text(),
                        "",
                        cluster.isCordoned(fits.node()),
                        verdicts(fits.node(), unsuited.getOrDefault(fits.node(), List.of())))));
        // A node refused only because of the quota has lost the reasons of its GPUs.
        ranking.refusals()
                .forEach(refusal -> verdicts.add(new NodeVerdict(
                        refusal.node(),
                        "",
                        refusal.reason().text(),
                        cluster.isCordoned(refusal.node()),
                        verdicts(refusal.node(), unsuited.getOrDefault(refusal.node(), refusal.gpus())))));
        Optional<RoomSearchResult.Held> held =
                ranking.anyFits() || !boundTo.isEmpty() ? Optional.empty() : held(pod, demand, room);
        Rearrangement.Ways ways = room.anyFits() || held.isPresent() || !boundTo.isEmpty()
                ? Rearrangement.Ways.NOT_NEEDED
                : rearrangements(demand, views);
        return new Explanation(
                pod.namespace(),
                pod.name(),
                held.map(RoomSearchResult.Held::why).orElse(""),
                boundTo,
                hold,
                verdicts,
                ways.all().stream()
                        .filter(way -> quota.covers(way.plan(), pod, counted))
                        .map(Explainer::room)
                        .toList(),
                ways.complete());
    }

    private List<NodeView> views(Predicate<Hold> counted) {
        return cluster.nodes().stream()
                .map(NodeView::name)
                .flatMap(name -> book.node(name, counted).stream())
                .toList();
    }

    /** Returns what pods that are being scheduled hold of the pod's room, as filter would say. */
    private Optional<RoomSearchResult.Held> held(PodKey pod, PodDemand demand, Ranking room) {
        Predicate<Hold> settled =
                hold -> hold.state() == Hold.State.COMMITTED && !hold.pod().equals(pod);
        if (quota.within(room, pod, settled).anyFits()) {
            return Optional.of(RoomSearchResult.Held.QUOTA);
        }
        Ranking freed = quota.within(planner.rank(demand, views(settled)), pod, settled);
        return freed.anyFits() ? Optional.of(RoomSearchResult.Held.GPUS) : Optional.empty();
    }

    private Rearrangement.Ways rearrangements(PodDemand demand, List<NodeView> views) {
        List<Tenant> tenants = new ArrayList<>();
        for (PodEntry pod : cluster.pods()) {
            PodDemand needed = pod.demand();
            if (needed != null && !pod.terminating()) {
                cluster.occupancy(pod)
                        .ifPresent(taken -> tenants.add(new Tenant(pod.key().toString(), needed, taken)));
            }
        }
        return planner.rearrangements(demand, views, tenants);
    }

    private static RoomByMoving room(Rearrangement way) {
        return new RoomByMoving(
                way.plan().node(),
                way.plan().text(),
                way.moves().stream()
                        .map(move -> new MovedPod(
                                move.tenant().pod(),
                                move.tenant().occupancy().text(),
                                move.to().node(),
                                move.to().text()))
                        .toList());
    }

    /** Returns, for every node with room (quotas aside), its GPUs that could not serve the pod, without those that do. */
    private Map<String, List<GpuReason>> unsuited(PodDemand demand, Ranking room, List<NodeView> views) {
        Map<String, Set<String>> chosen = new HashMap<>();
        room.fits().forEach(fits -> chosen.put(fits.node(), fits.plan().gpuUuids()));
        Map<String, List<GpuReason>> unsuited = new HashMap<>();
        for (NodeView view : views) {
            Set<String> serving = chosen.get(view.name());
            if (serving != null) {
                unsuited.put(
                        view.name(),
                        planner.unsuited(demand, view).stream()
                                .filter(gpu -> !serving.contains(gpu.gpuUuid()))
                                .toList());
            }
        }
        return unsuited;
    }

    private List<GpuVerdict> verdicts(String node, List<GpuReason> gpus) {
        return gpus.stream()
                .map(gpu -> new GpuVerdict(gpu.gpuUuid(), gpu.reason().code().name(), words(node, gpu)))
                .toList();
    }

    /** The node's own report says best what is wrong with a GPU. */
    private String words(String node, GpuReason gpu) {
        String text = gpu.reason().text();
        return gpu.reason().code() == ReasonCode.UNHEALTHY
                ? cluster.conditionOf(node, gpu.gpuUuid())
                        .map(note -> text + ": " + note)
                        .orElse(text)
                : text;
    }
}
