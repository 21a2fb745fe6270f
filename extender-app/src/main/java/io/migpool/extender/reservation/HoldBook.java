package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.placement.NodeView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * All holds. A decision that reads holds and views and writes a hold is one step under the book's lock; no decision does
 * I/O. The book learns from the cluster when a pod is bound or gone, after the views show it.
 */
public final class HoldBook implements PodListener {

    /** Guards the two maps, and makes deciding and holding one step. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Hold> byPod = new HashMap<>();
    private final Map<String, Map<String, Hold>> byNode = new HashMap<>();
    private final ClusterView cluster;

    public HoldBook(ClusterView cluster) {
        this.cluster = cluster;
    }

    /** Runs a decision while no other one runs. It must not do I/O. */
    <T> T decide(Supplier<T> decision) {
        lock.lock();
        try {
            return decision.get();
        } finally {
            lock.unlock();
        }
    }

    /** The hold of a pod. */
    public Optional<Hold> of(String podUid) {
        return decide(() -> Optional.ofNullable(byPod.get(podUid)));
    }

    /** All holds. */
    public List<Hold> all() {
        return decide(() -> List.copyOf(byPod.values()));
    }

    /** Puts a hold in the place of the pod's present one. */
    void put(Hold hold) {
        decide(() -> {
            release(hold.pod().uid());
            byPod.put(hold.pod().uid(), hold);
            return byNode.computeIfAbsent(hold.plan().node(), node -> new TreeMap<>())
                    .put(hold.pod().uid(), hold);
        });
    }

    /** Replaces a hold, unless it has ended meanwhile. */
    void replace(Hold hold) {
        decide(() -> {
            if (byPod.containsKey(hold.pod().uid())) {
                put(hold);
            }
            return hold;
        });
    }

    /** Ends a pod's hold, if it has one. */
    void release(String podUid) {
        decide(() -> {
            Optional<Hold> ended = Optional.ofNullable(byPod.remove(podUid));
            ended.ifPresent(hold -> {
                Map<String, Hold> onNode = byNode.getOrDefault(hold.plan().node(), Map.of());
                onNode.remove(podUid);
                if (onNode.isEmpty()) {
                    byNode.remove(hold.plan().node());
                }
            });
            return ended;
        });
    }

    /** Holds on a node whose pods the cluster view does not count yet. */
    List<Hold> on(String node) {
        return decide(() -> byNode.getOrDefault(node, Map.of()).values().stream()
                .filter(hold -> !isBound(hold.pod().uid()))
                .toList());
    }

    private boolean isBound(String podUid) {
        return cluster.pod(podUid).filter(pod -> pod.boundTo() != null).isPresent();
    }

    /**
     * A node with its pods and holds. The holds are read before the view, so that a pod that becomes bound in between is
     * counted at least once.
     *
     * @param node the node's name
     * @param counted which holds count
     * @param view the node with its pods
     */
    Optional<NodeView> node(String node, Predicate<Hold> counted, Supplier<Optional<NodeView>> view) {
        return decide(() -> {
            List<Hold> holds = new ArrayList<>(on(node));
            holds.removeIf(counted.negate());
            return view.get().map(base -> {
                NodeView with = base;
                for (Hold hold : holds) {
                    with = with.plus(hold.plan().occupancy());
                }
                return with;
            });
        });
    }

    @Override
    public void bound(String uid) {
        release(uid);
    }

    @Override
    public void gone(String uid) {
        release(uid);
    }
}
