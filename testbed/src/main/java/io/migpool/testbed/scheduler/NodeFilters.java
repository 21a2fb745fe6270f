package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.migpool.testbed.pods.PodRequests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
            if (!tolerates(pod, taint)) {
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
        return taints.stream()
                .filter(taint -> !"PreferNoSchedule".equals(taint.getEffect()))
                .filter(taint -> !tolerates(pod, taint))
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

    private static boolean tolerates(Pod pod, Taint taint) {
        return pod.getSpec().getTolerations().stream().anyMatch(toleration -> matches(toleration, taint));
    }

    private static boolean matches(Toleration toleration, Taint taint) {
        if (!empty(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (!empty(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
            return false;
        }
        if ("Exists".equals(toleration.getOperator())) {
            return true;
        }
        return !empty(toleration.getKey())
                && Objects.requireNonNullElse(toleration.getValue(), "")
                        .equals(Objects.requireNonNullElse(taint.getValue(), ""));
    }

    private static boolean empty(String text) {
        return text == null || text.isEmpty();
    }

    private static Optional<Unfit> affinity(Pod pod, Node node) {
        Map<String, String> labels = node.getMetadata().getLabels() == null
                ? Map.of()
                : node.getMetadata().getLabels();
        var selector = pod.getSpec().getNodeSelector();
        var selected = selector == null || labels.entrySet().containsAll(selector.entrySet());
        if (selected && requiredTerms(pod).stream().anyMatch(term -> matches(term, labels, node))) {
            return Optional.empty();
        }
        if (selected && requiredTerms(pod).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(Unfit.forGood("node(s) didn't match Pod's node affinity/selector"));
    }

    private static List<NodeSelectorTerm> requiredTerms(Pod pod) {
        var affinity = pod.getSpec().getAffinity();
        if (affinity == null
                || affinity.getNodeAffinity() == null
                || affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution() == null) {
            return List.of();
        }
        return affinity.getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms();
    }

    private static boolean matches(NodeSelectorTerm term, Map<String, String> labels, Node node) {
        var fields = Map.of("metadata.name", node.getMetadata().getName());
        return term.getMatchExpressions().stream().allMatch(requirement -> matches(requirement, labels))
                && term.getMatchFields().stream().allMatch(requirement -> matches(requirement, fields));
    }

    private static boolean matches(NodeSelectorRequirement requirement, Map<String, String> values) {
        var value = values.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" ->
                value != null
                        && Long.parseLong(value)
                                > Long.parseLong(requirement.getValues().getFirst());
            case "Lt" ->
                value != null
                        && Long.parseLong(value)
                                < Long.parseLong(requirement.getValues().getFirst());
            default -> false;
        };
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
