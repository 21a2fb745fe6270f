package io.migpool.extender.reservation;

import io.migpool.extender.placement.NodeView;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The holds on one node, and the node as it looks with them. Confined to the lock of the book. Views and holds are never
 * changed, only replaced, so that what is the same object is the same.
 */
@SuppressWarnings("ReferenceEquality")
final class NodeHolds {

    private final Map<String, Hold> byPod = new TreeMap<>();
    private @Nullable Seen last;

    /** What the node looks like, and what that rests on. */
    private record Seen(NodeView base, List<Hold> counted, NodeView view) {}

    void put(Hold hold) {
        byPod.put(hold.pod().uid(), hold);
    }

    /** Whether none is left. */
    boolean remove(String podUid) {
        byPod.remove(podUid);
        return byPod.isEmpty();
    }

    Collection<Hold> all() {
        return byPod.values();
    }

    /** The node with these holds: the very same object as last time if node and holds are. */
    NodeView on(NodeView base, List<Hold> counted) {
        Seen seen = last;
        if (seen != null && seen.base == base && areSame(seen.counted, counted)) {
            return seen.view;
        }
        NodeView view = base;
        for (Hold hold : counted) {
            view = view.plus(hold.plan().occupancy());
        }
        last = new Seen(base, counted, view);
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
