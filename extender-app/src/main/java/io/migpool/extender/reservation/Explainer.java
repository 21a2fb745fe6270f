package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.Ranking;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
     */
    public record Explanation(
            String namespace, String pod, String problem, String boundTo, String hold, List<NodeVerdict> nodes) {}

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
        return new Explanation(
                pod.key().namespace(),
                pod.key().name(),
                demand == null ? "its request is not understood; its Events say why" : "",
                Optional.ofNullable(pod.boundTo()).orElse(""),
                hold,
                demand == null ? List.of() : verdicts(pod.key(), demand));
    }

    /** Explains a pod that need not exist, as the webhook would have completed it. */
    public Explanation explain(Pod pod) {
        PodKey key = PodKey.of(pod.getMetadata());
        return switch (cluster.requestOf(pod)) {
            case RequestOutcome.NoRequest() -> problem(key, "it asks for no GPU resource");
            case RequestOutcome.Rejected rejected -> problem(key, rejected.message());
            case RequestOutcome.Accepted(PodGpuRequest request) ->
                new Explanation(key.namespace(), key.name(), "", "", "", verdicts(key, cluster.demandOf(pod, request)));
        };
    }

    private static Explanation problem(PodKey key, String problem) {
        return new Explanation(key.namespace(), key.name(), problem, "", "", List.of());
    }

    /** Node by node under the lock, so that scheduling waits for one node at most. */
    private List<NodeVerdict> verdicts(PodKey pod, PodDemand demand) {
        List<NodeView> views = cluster.nodes().stream()
                .map(NodeView::name)
                .flatMap(name -> book.node(name, hold -> !hold.pod().equals(pod), () -> cluster.node(name)).stream())
                .toList();
        Ranking ranking = quota.within(planner.rank(demand, views), pod, demand, hold -> true);
        List<NodeVerdict> verdicts = new ArrayList<>();
        ranking.fits()
                .forEach(fits ->
                        verdicts.add(new NodeVerdict(fits.node(), fits.plan().text(), "", List.of())));
        ranking.refusals().forEach(refusal -> verdicts.add(verdict(refusal)));
        return verdicts;
    }

    private static NodeVerdict verdict(PlanOutcome.DoesNotFit refusal) {
        return new NodeVerdict(
                refusal.node(),
                "",
                refusal.reason().text(),
                refusal.gpus().stream()
                        .map(gpu -> new GpuVerdict(
                                gpu.gpuUuid(),
                                gpu.reason().code().name(),
                                gpu.reason().text()))
                        .toList());
    }
}
