package io.migpool.extender.cluster;

import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodOccupancy;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes, with what the pods that are bound to them occupy there. Confined to the lock of the cluster state, except the
 * views, which any thread may read.
 */
final class NodeViews {

    private final Occupancies occupancies;
    private final AnnotationProblems problems;
    private final Map<String, NodeFacts> facts = new HashMap<>();
    private final Map<String, NodePods> podsByNode = new HashMap<>();
    private final ConcurrentHashMap<String, NodeView> views = new ConcurrentHashMap<>();
    /** The number of pods that share units with another pod, by node; only nodes that have any. */
    private final ConcurrentHashMap<String, Integer> doubleBooked = new ConcurrentHashMap<>();

    private ConfiguredBoards boards;

    NodeViews(AnnotationProblems problems, ConfiguredBoards boards) {
        this.problems = problems;
        this.occupancies = new Occupancies(problems);
        this.boards = boards;
    }

    /** Sets the boards, and computes all views again. */
    void setBoards(ConfiguredBoards changed) {
        boards = changed;
        facts.values().forEach(this::compute);
    }

    /**
     * Adds or replaces a node.
     *
     * @return whether this changes anything
     */
    boolean putNode(NodeFacts node) {
        boolean changed = !node.equals(facts.put(node.name(), node));
        if (changed) {
            compute(node);
        }
        return changed;
    }

    private void compute(NodeFacts node) {
        podsOf(node.name()).putNode(empty(node));
        publish(node.name());
    }

    void removeNode(String name) {
        facts.remove(name);
        views.remove(name);
        doubleBooked.remove(name);
        podsOf(name).removeNode();
        dropIfEmpty(name);
    }

    /**
     * Adds or replaces a pod.
     *
     * @param before its former state, or null
     */
    void putPod(PodEntry pod, @Nullable PodEntry before) {
        String node = pod.boundTo();
        if (before != null && !Objects.equals(before.boundTo(), node)) {
            removePod(before);
        }
        if (node != null) {
            podsOf(node).put(pod);
            publish(node);
        }
    }

    void removePod(PodEntry pod) {
        String node = pod.boundTo();
        NodePods onNode = node == null ? null : podsByNode.get(node);
        if (node != null && onNode != null && onNode.remove(pod.key().uid())) {
            dropIfEmpty(node);
            publish(node);
        }
    }

    private NodePods podsOf(String node) {
        return podsByNode.computeIfAbsent(node, name -> new NodePods(occupancies::examined));
    }

    private void dropIfEmpty(String node) {
        if (podsOf(node).isNothing()) {
            podsByNode.remove(node);
        }
    }

    private void publish(String name) {
        without(name, Set.of()).ifPresent(view -> {
            views.put(name, view);
            reportDoubleBooked(name);
        });
    }

    /** All these pods count; the first to get its instance has it, and the node moves the other if it can. */
    private void reportDoubleBooked(String name) {
        NodePods pods = podsByNode.get(name);
        Map<PodKey, String> found = pods == null ? Map.of() : pods.doubleBooked();
        found.forEach((pod, words) -> problems.counted("pod " + pod + " on node " + name, words));
        if (found.isEmpty()) {
            doubleBooked.remove(name);
        } else {
            doubleBooked.put(name, found.size());
        }
    }

    /** Returns how many pods have units of a GPU that another pod has too; callable from any thread. */
    int doubleBooked() {
        return doubleBooked.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Returns what a pod occupies on the node that it is bound to; callable from any thread. */
    Optional<PodOccupancy> occupancy(PodEntry pod) {
        String node = pod.boundTo();
        return node == null ? Optional.empty() : of(node).flatMap(view -> Occupancies.of(pod, view));
    }

    /** Returns a node without some of its pods; empty if it does not exist. */
    Optional<NodeView> without(String name, Set<String> podUids) {
        NodePods pods = podsByNode.get(name);
        return pods == null ? Optional.empty() : pods.view(podUids);
    }

    /** Returns a node without pods. */
    NodeView empty(NodeFacts node) {
        List<GpuView> gpus = node.gpus().stream()
                .map(gpu -> boards.empty(gpu, node.cordoned().contains(gpu.uuid())))
                .toList();
        return new NodeView(node.name(), gpus, node.unusable(), node.links());
    }

    /** Returns a node as it is; callable from any thread. */
    Optional<NodeView> of(String name) {
        return Optional.ofNullable(views.get(name));
    }

    /** Returns the nodes by name; callable from any thread. */
    List<NodeView> all() {
        return views.values().stream()
                .sorted(Comparator.comparing(NodeView::name))
                .toList();
    }
}
