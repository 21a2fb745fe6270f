package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.placement.FreedNode;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.NodeView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All holds. A decision that reads holds and views and writes a hold is one step under the book's lock; no decision does
 * I/O. The book learns from the cluster when a pod is bound or gone, after the views show it.
 */
public final class HoldBook implements PodListener {

    /** Guards the two maps, and makes deciding and holding one step. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Ordered by when they were put. */
    private final Map<String, Hold> byPod = new LinkedHashMap<>();

    private final Map<String, NodeHolds> byNode = new HashMap<>();
    private final AtomicLong committedEnded = new AtomicLong();
    private final ClusterView cluster;

    public HoldBook(ClusterView cluster) {
        this.cluster = cluster;
    }

    /** Runs a decision while no other one runs; it must not do I/O. */
    <T> T decide(Supplier<T> decision) {
        lock.lock();
        try {
            return decision.get();
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns a number that grows with every change that may let a refused pod fit: of the cluster, and of holds on which
     * refusals are based. To be read before the decision.
     */
    long version() {
        return cluster.version() + committedEnded.get();
    }

    /** Returns the hold of a pod. */
    public Optional<Hold> of(String podUid) {
        return decide(() -> Optional.ofNullable(byPod.get(podUid)));
    }

    /** Returns all holds. */
    public List<Hold> all() {
        return decide(() -> List.copyOf(byPod.values()));
    }

    /** Puts a hold in place of the pod's present one. */
    void put(Hold hold) {
        change(() -> {
            remove(hold.pod().uid());
            byNode.computeIfAbsent(hold.plan().node(), node -> new NodeHolds()).put(hold);
            byPod.put(hold.pod().uid(), hold);
        });
    }

    /** Replaces exactly this hold, unless it has ended or another attempt has begun in the meantime. */
    void replace(Hold present, Hold by) {
        change(() -> {
            if (isPresent(present)) {
                put(by);
            }
        });
    }

    /** Ends exactly this hold, unless it has ended or another attempt has begun in the meantime. */
    void release(Hold present) {
        change(() -> {
            if (isPresent(present)) {
                release(present.pod().uid());
            }
        });
    }

    @SuppressWarnings("ReferenceEquality") // two attempts that begin in the same moment are equal
    private boolean isPresent(Hold hold) {
        return byPod.get(hold.pod().uid()) == hold;
    }

    /** Ends a pod's hold, if it has one. */
    void release(String podUid) {
        change(() -> remove(podUid)
                .filter(hold -> hold.state() == Hold.State.COMMITTED)
                .ifPresent(committed -> committedEnded.incrementAndGet()));
    }

    private Optional<Hold> remove(String podUid) {
        Optional<Hold> removed = Optional.ofNullable(byPod.remove(podUid));
        removed.ifPresent(hold -> {
            NodeHolds onNode = byNode.get(hold.plan().node());
            if (onNode != null && onNode.remove(podUid)) {
                byNode.remove(hold.plan().node());
            }
        });
        return removed;
    }

    /** Returns the holds on a node whose pods the cluster view does not count yet. */
    List<Hold> on(String node) {
        return decide(() -> {
            NodeHolds onNode = byNode.get(node);
            return onNode == null ? List.of() : unbound(onNode);
        });
    }

    private List<Hold> unbound(NodeHolds onNode) {
        List<Hold> holds = new ArrayList<>(onNode.all().size());
        for (Hold hold : onNode.all()) {
            if (cluster.nodeOf(hold.pod().uid()).isEmpty()) {
                holds.add(hold);
            }
        }
        return holds;
    }

    /** Returns a node with its pods and those holds that count. */
    Optional<NodeView> node(String node, Predicate<Hold> counted) {
        return node(node, counted, () -> cluster.node(node));
    }

    /**
     * Returns a node with its pods and holds. The holds are read before the view, so that a pod that becomes bound in between is
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

    /**
     * Returns a node with its pods and all its holds, or null if there is no such node; the same object as long as neither
     * changes. To be called within a decision.
     */
    @Nullable NodeView withAllHolds(String node) {
        NodeHolds onNode = byNode.get(node);
        NodeView present = cluster.node(node).orElse(null);
        if (onNode == null || present == null) {
            return present;
        }
        NodeView unchanged = onNode.unchanged(present);
        if (unchanged != null) {
            return unchanged;
        }
        List<Hold> holds = unbound(onNode);
        return cluster.node(node).map(base -> onNode.on(base, holds)).orElse(null);
    }

    /**
     * Returns a node without those of its holds that do not count, or null if there are none or no such node; the same object as
     * long as the node and the other holds stay the same. To be called within a decision.
     */
    @Nullable FreedNode freed(String node, Predicate<Hold> counted) {
        NodeHolds onNode = byNode.get(node);
        if (onNode == null) {
            return null;
        }
        List<Hold> holds = unbound(onNode);
        return holds.removeIf(counted.negate())
                ? cluster.node(node).map(base -> onNode.freed(base, holds)).orElse(null)
                : null;
    }

    /** Ends the promises that others may take, where {@code ended} is true. */
    void releaseLapsed(Instant now, Duration holdTime, Predicate<Hold> ended) {
        change(() -> {
            List<Hold> lapsed = new ArrayList<>();
            for (Hold hold : byPod.values()) {
                // Later ones were put later. One whose age was kept may have lapsed: it is found when those before it
                // have.
                if (hold.state() == Hold.State.HELD && !hold.lapsed(now, holdTime)) {
                    break;
                }
                if (hold.lapsed(now, holdTime) && ended.test(hold)) {
                    lapsed.add(hold);
                }
            }
            lapsed.forEach(hold -> release(hold.pod().uid()));
        });
    }

    /**
     * Ends the promises whose room a plan has taken; those that still fit beside it stay.
     *
     * @param plan the plan, which a hold in the book is for
     * @param respected the holds that it left alone
     */
    void releaseOverrun(Plan plan, Predicate<Hold> respected) {
        for (Hold hold : on(plan.node())) {
            if (!respected.test(hold)
                    && node(plan.node(), respected)
                            .filter(view -> view.admits(hold.plan().occupancy()))
                            .isEmpty()) {
                release(hold.pod().uid());
            }
        }
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
