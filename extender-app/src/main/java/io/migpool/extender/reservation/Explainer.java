package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.DeviceShare;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.PodOccupancy;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Rearrangement;
import io.migpool.extender.placement.ReasonCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tells where a waiting pod could go now, and for every other node and GPU why not. Changes nothing. */
public final class Explainer {

    private final ClusterView cluster;
    private final HoldBook book;
    private final Planner planner;
    private final QuotaCheck quota;

    public Explainer(ClusterView cluster, HoldBook book, Planner planner) {
        this.cluster = cluster;
        this.book = book;
        this.planner = planner;
        this.quota = new QuotaCheck(cluster, book);
    }

    /**
     * One node.
     *
     * @param node its name
     * @param plan where the pod's devices would go in words; empty if it does not fit
     * @param reason why it does not fit; empty if it does
     * @param gpus reasons of single GPUs
     */
    public record NodeVerdict(String node, String plan, String reason, List<GpuVerdict> gpus) {}

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
     * @param namespace its namespace
     * @param pod its name
     * @param problem what is wrong with its request, or empty
     * @param boundTo node it is bound to, or empty
     * @param hold state of its hold and the node, or empty
     * @param nodes all nodes of the pool: first those that take the pod, best first; none if its request is not
     *     understood
     * @param rearrangements if no node takes the pod because free slices lie in the wrong places: what would have to
     *     move, the fewest first; empty if the pool is full
     */
    public record Explanation(
            String namespace,
            String pod,
            String problem,
            String boundTo,
            String hold,
            List<NodeVerdict> nodes,
            List<RoomByMoving> rearrangements) {}

    /**
     * A way to make room. Nobody does it: a pod moves only when it is started anew.
     *
     * @param node where there would be room
     * @param place the instance that the pod could get there
     * @param moves what lies in its way
     */
    public record RoomByMoving(String node, String place, List<MovedPod> moves) {}

    /**
     * A pod's instance that would have to lie elsewhere.
     *
     * @param pod namespace and name
     * @param from the instance
     * @param toNode where the same instance has room
     * @param to and at which place
     */
    public record MovedPod(String pod, String from, String toNode, String to) {}

    /** Explains a live GPU pod; empty if there is none of that name. */
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
        return demand == null
                ? problem(pod.key(), "its request is not understood; its Events say why")
                : explanation(pod.key(), Optional.ofNullable(pod.boundTo()).orElse(""), hold, demand);
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
        return new Explanation(key.namespace(), key.name(), problem, "", "", List.of(), List.of());
    }

    /** Node by node under the lock, so that scheduling waits for one node at most. */
    private Explanation explanation(PodKey pod, String boundTo, String hold, PodDemand demand) {
        List<NodeView> views = cluster.nodes().stream()
                .map(NodeView::name)
                .flatMap(name -> book.node(name, held -> !held.pod().equals(pod), () -> cluster.node(name)).stream())
                .toList();
        Ranking ranking = quota.within(planner.rank(demand, views), pod, demand, held -> true);
        List<NodeVerdict> verdicts = new ArrayList<>();
        ranking.fits()
                .forEach(fits ->
                        verdicts.add(new NodeVerdict(fits.node(), fits.plan().text(), "", List.of())));
        ranking.refusals().forEach(refusal -> verdicts.add(verdict(refusal)));
        return new Explanation(
                pod.namespace(),
                pod.name(),
                "",
                boundTo,
                hold,
                verdicts,
                ranking.fits().isEmpty() && boundTo.isEmpty() ? rearrangements(pod, demand, views) : List.of());
    }

    private List<RoomByMoving> rearrangements(PodKey waiting, PodDemand demand, List<NodeView> views) {
        Map<DeviceShare.Instance, String> owners = new HashMap<>();
        for (PodEntry pod : cluster.pods()) {
            cluster.occupancy(pod).ifPresent(taken -> addOwners(owners, taken, pod.key()));
        }
        for (Hold hold : book.all()) {
            if (!hold.pod().equals(waiting)) {
                addOwners(owners, hold.plan().occupancy(), hold.pod());
            }
        }
        Map<String, List<DeviceShare.Instance>> byGpu =
                owners.keySet().stream().collect(Collectors.groupingBy(DeviceShare.Instance::gpuUuid));
        byGpu.replaceAll((gpu, instances) -> instances.stream()
                .sorted(Comparator.comparing(DeviceShare.Instance::placement))
                .toList());
        return Rearrangement.of(demand, views, byGpu).stream()
                .map(way -> new RoomByMoving(
                        way.node(),
                        text(way.place()),
                        way.moves().stream()
                                .map(move -> new MovedPod(
                                        owners.getOrDefault(move.from(), ""),
                                        text(move.from()),
                                        move.toNode(),
                                        text(move.to())))
                                .toList()))
                .toList();
    }

    private static void addOwners(Map<DeviceShare.Instance, String> owners, PodOccupancy taken, PodKey pod) {
        for (DeviceShare share : taken.shares()) {
            if (share instanceof DeviceShare.Instance instance) {
                owners.put(instance, pod.toString());
            }
        }
    }

    private static String text(DeviceShare.Instance instance) {
        return "%s at %s on %s".formatted(instance.profile(), instance.placement(), instance.gpuUuid());
    }

    private NodeVerdict verdict(PlanOutcome.DoesNotFit refusal) {
        return new NodeVerdict(
                refusal.node(),
                "",
                refusal.reason().text(),
                refusal.gpus().stream()
                        .map(gpu -> new GpuVerdict(
                                gpu.gpuUuid(), gpu.reason().code().name(), words(refusal.node(), gpu)))
                        .toList());
    }

    /** The node knows best what ails a GPU. */
    private String words(String node, PlanOutcome.GpuReason gpu) {
        String text = gpu.reason().text();
        return gpu.reason().code() == ReasonCode.UNHEALTHY
                ? cluster.conditionOf(node, gpu.gpuUuid())
                        .map(note -> text + ": " + note)
                        .orElse(text)
                : text;
    }
}
