package io.migpool.extender.cluster;

import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodOccupancy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pods that are bound to one node, with what each occupies there, computed once per state of the node. Confined to the
 * lock of the state.
 */
final class NodePods {

    private final BiFunction<PodEntry, NodeView, Optional<PodOccupancy>> belief;
    private final Map<String, Bound> byUid = new TreeMap<>();
    private @Nullable NodeView empty;

    private record Bound(PodEntry pod, Optional<PodOccupancy> occupancy) {}

    /**
     * @param belief what a pod occupies on a node, empty if its reservation is not believed
     */
    NodePods(BiFunction<PodEntry, NodeView, Optional<PodOccupancy>> belief) {
        this.belief = belief;
    }

    /** Sets the node as it is without pods, when it has appeared or changed. */
    void putNode(NodeView withoutPods) {
        empty = withoutPods;
        byUid.replaceAll((uid, bound) -> bound(bound.pod));
    }

    /** Removes the node; pods may still be bound to it. */
    void removeNode() {
        empty = null;
    }

    void put(PodEntry pod) {
        byUid.put(pod.key().uid(), bound(pod));
    }

    private Bound bound(PodEntry pod) {
        return new Bound(pod, empty == null ? Optional.empty() : belief.apply(pod, empty));
    }

    /** Removes a pod; returns whether there was one. */
    boolean remove(String uid) {
        return byUid.remove(uid) != null;
    }

    /** Returns the pods with units of a GPU that another pod has too, each with a text about the other. */
    Map<PodKey, String> doubleBooked() {
        Map<PodKey, String> found = new HashMap<>();
        Map<String, List<Taken>> byGpu = new HashMap<>();
        for (Bound bound : byUid.values()) {
            PodKey pod = bound.pod.key();
            for (DevicePart part : bound.occupancy.map(PodOccupancy::parts).orElse(List.of())) {
                if (part instanceof DevicePart.MigSlice instance) {
                    List<Taken> onGpu = byGpu.computeIfAbsent(instance.gpuUuid(), gpu -> new ArrayList<>());
                    onGpu.stream()
                            .filter(other -> other.overlaps(pod, instance))
                            .forEach(other -> {
                                found.put(pod, other.words());
                                found.put(other.pod, new Taken(pod, instance).words());
                            });
                    onGpu.add(new Taken(pod, instance));
                }
            }
        }
        return found;
    }

    private record Taken(PodKey pod, DevicePart.MigSlice instance) {

        boolean overlaps(PodKey other, DevicePart.MigSlice others) {
            return !other.equals(pod)
                    && instance.placement().mask().overlaps(others.placement().mask());
        }

        String words() {
            return "pod %s also has %s at %s on %s"
                    .formatted(pod, instance.profile(), instance.placement(), instance.gpuUuid());
        }
    }

    /** Returns whether nothing is known about the node, so that this object can be dropped. */
    boolean isNothing() {
        return empty == null && byUid.isEmpty();
    }

    /** Returns the node without some of its pods; empty if it does not exist. */
    Optional<NodeView> view(Set<String> without) {
        if (empty == null) {
            return Optional.empty();
        }
        NodeView view = empty;
        for (Bound bound : byUid.values()) {
            if (bound.occupancy.isPresent() && !without.contains(bound.pod.key().uid())) {
                view = view.plus(bound.occupancy.get());
            }
        }
        return Optional.of(view);
    }
}
