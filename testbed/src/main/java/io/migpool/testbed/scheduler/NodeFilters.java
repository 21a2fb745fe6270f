package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.migpool.testbed.pods.NodeAffinity;
import io.migpool.testbed.pods.PodRequests;
import io.migpool.testbed.pods.Tolerations;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The scheduler's own filters, in its order: node ready and schedulable, taints, node selector and required node
 * affinity, resources. The first failure decides.
 */
final class NodeFilters {

    private static final long ONE = 1000;

    private final Set<String> ignoredResources;

    NodeFilters(Set<String> ignoredResources) {
        this.ignoredResources = Set.copyOf(ignoredResources);
    }

    /** Returns why the pod does not fit, or empty if it does. */
    Optional<Unfit> check(PodInfo pod, NodeInfo node) {
        return unschedulable(pod.pod(), node.node())
                .or(() -> taint(pod.pod(), node.node()))
                .or(() -> affinity(pod.pod(), node.node()))
                .or(() -> resources(pod, node));
    }

    private static Optional<Unfit> unschedulable(Pod pod, Node node) {
        if (node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
            var taint = new Taint("NoSchedule", "node.kubernetes.io/unschedulable", null, "");
            if (!Tolerations.of(pod).cover(taint)) {
                return Optional.of(Unfit.forGood("node(s) were unschedulable"));
            }
        }
        return Optional.empty();
    }

    private static Optional<Unfit> taint(Pod pod, Node node) {
        var taints = new ArrayList<Taint>();
        if (node.getSpec() != null && node.getSpec().getTaints() != null) {
            taints.addAll(node.getSpec().getTaints());
        }
        if (!isReady(node)) {
            // In a real cluster the node life cycle controller turns the condition into this taint.
            taints.add(new Taint("NoSchedule", "node.kubernetes.io/not-ready", null, ""));
        }
        var tolerations = Tolerations.of(pod);
        return taints.stream()
                .filter(taint -> !"PreferNoSchedule".equals(taint.getEffect()))
                .filter(taint -> !tolerations.cover(taint))
                .findFirst()
                .map(taint -> Unfit.forGood("node(s) had untolerated taint {%s: %s}"
                        .formatted(taint.getKey(), Objects.requireNonNullElse(taint.getValue(), ""))));
    }

    static boolean isReady(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    private static Optional<Unfit> affinity(Pod pod, Node node) {
        return new NodeAffinity(pod).admits(node) ? Optional.empty() : Optional.of(Unfit.forGood(NodeAffinity.REFUSAL));
    }

    private Optional<Unfit> resources(PodInfo pod, NodeInfo node) {
        var used = node.used();
        var reasons = new ArrayList<String>();
        var couldEverFit = true;
        var podLimit = node.allocatable().get("pods");
        if (podLimit != null && (node.pods().size() + 1) * ONE > PodRequests.thousandths(podLimit)) {
            reasons.add("Too many pods");
        }
        for (var request : new TreeMap<>(pod.requests()).entrySet()) {
            if (request.getValue() == 0 || ignoredResources.contains(request.getKey())) {
                continue;
            }
            var offered = node.allocatable().get(request.getKey());
            var allocatable = offered == null ? 0 : PodRequests.thousandths(offered);
            if (request.getValue() > allocatable - used.getOrDefault(request.getKey(), 0L)) {
                reasons.add("Insufficient " + request.getKey());
                couldEverFit &= request.getValue() <= allocatable;
            }
        }
        return reasons.isEmpty() ? Optional.empty() : Optional.of(new Unfit(reasons, couldEverFit));
    }
}
