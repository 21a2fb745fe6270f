package io.migpool.extender.reservation;

import io.migpool.extender.placement.FreedNode;
import io.migpool.extender.pool.NodeView;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The holds on one node, and the node as it looks with them. Confined to the lock of the book. Views and holds are never
 * modified, only replaced, so the same object means the same content.
 */
@SuppressWarnings("ReferenceEquality")
final class NodeHolds {

    /** A decision looks at a node without lapsed promises, and without all promises. */
    private static final int MOST_FREED = 2;

    private final Map<String, Hold> byPod = new TreeMap<>();
    private @Nullable Seen last;
    private boolean changed;

    /** The node without some of its holds, the view used last at the end. */
    private final Deque<Freed> freed = new ArrayDeque<>();

    /** The view of the node, and what it was built from. */
    private record Seen(NodeView base, List<Hold> counted, NodeView view) {}

    private record Freed(NodeView base, List<Hold> counted, FreedNode node) {}

    void put(Hold hold) {
        byPod.put(hold.pod().uid(), hold);
        changed = true;
    }

    /** Removes a hold; returns whether none is left. */
    boolean remove(String podUid) {
        byPod.remove(podUid);
        changed = true;
        return byPod.isEmpty();
    }

    Collection<Hold> all() {
        return byPod.values();
    }

    /**
     * Returns the last view of the node, or null if the node or a hold has changed since. A hold whose pod is bound by now does
     * not count, but the node's view is replaced before its pod is known to be bound.
     */
    @Nullable NodeView unchanged(NodeView base) {
        Seen seen = last;
        return seen != null && !changed && seen.base == base ? seen.view : null;
    }

    /** Returns the node with these holds: the same object as last time if node and holds are the same objects. */
    NodeView on(NodeView base, List<Hold> counted) {
        changed = false;
        Seen seen = last;
        if (seen != null && seen.base == base && areSame(seen.counted, counted)) {
            return seen.view;
        }
        NodeView view = with(base, counted);
        last = new Seen(base, counted, view);
        return view;
    }

    /** Returns the node with only these of its holds: the same object as before if node and holds are the same objects. */
    FreedNode freed(NodeView base, List<Hold> counted) {
        Freed found = freed.stream()
                .filter(known -> known.base == base && areSame(known.counted, counted))
                .findFirst()
                .orElseGet(() -> new Freed(base, counted, new FreedNode(with(base, counted))));
        freed.removeIf(known -> known == found);
        freed.addLast(found);
        if (freed.size() > MOST_FREED) {
            freed.removeFirst();
        }
        return found.node;
    }

    private static NodeView with(NodeView base, List<Hold> counted) {
        NodeView view = base;
        for (Hold hold : counted) {
            view = view.plus(hold.plan().occupancy());
        }
        return view;
    }

    private static boolean areSame(List<Hold> some, List<Hold> others) {
        if (some.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < some.size(); i++) {
            if (some.get(i) != others.get(i)) {
                return false;
            }
        }
        return true;
    }
}
