package io.migpool.extender.placement;

import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A node as it would be if some promises there ended, with the demands that it is known to refuse even then, or to take
 * only at a charge that a quota did not cover. Not thread-safe: callers use it under their own lock.
 */
public final class FreedNode {

    /** Shapes remembered; the one remembered first is forgotten first. */
    private static final int MOST_SHAPES = 64;

    /** Length of the text in one pod's annotations beyond which its shape is not remembered. */
    private static final int MOST_CHARACTERS = 1024;

    private final NodeView view;
    private final Map<PodDemand.Shape, Known> shapes = new LinkedHashMap<>();

    /**
     * @param policy the policy under which it was found out
     * @param least a lower bound of the charge, or null if the demand is refused
     */
    private record Known(PlacementPolicy policy, @Nullable Charge least) {}

    /** @param view the node without what those promises take */
    public FreedNode(NodeView view) {
        this.view = view;
    }

    NodeView view() {
        return view;
    }

    /** Returns whether the node may take a demand at a charge that is covered, as far as is known. */
    @SuppressWarnings("ReferenceEquality") // policies have no other identity
    boolean mayTake(PodDemand.Shape shape, PlacementPolicy due, Predicate<Charge> covered) {
        Known known = shapes.get(shape);
        if (known == null || !(known.policy == due || known.policy.refusesLike(due))) {
            return true;
        }
        Charge least = known.least();
        return least != null && covered.test(least);
    }

    void refuses(PodDemand pod, PodDemand.Shape shape, PlacementPolicy due) {
        remember(pod, shape, new Known(due, null));
    }

    void takesFor(Charge least, PodDemand pod, PodDemand.Shape shape, PlacementPolicy due) {
        remember(pod, shape, new Known(due, least));
    }

    private void remember(PodDemand pod, PodDemand.Shape shape, Known known) {
        if (pod.characters() <= MOST_CHARACTERS) {
            shapes.put(shape, known);
            if (shapes.size() > MOST_SHAPES) {
                shapes.remove(shapes.keySet().iterator().next());
            }
        }
    }
}
