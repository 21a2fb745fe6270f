package io.migpool.extender.placement;

import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.List;

/**
 * The moves that would make a pod fit that does not fit now. They distinguish a pool that is full from one
 * whose free room lies in the wrong places. They are suggestions: administrators may restart the pods named.
 *
 * @param plan where the pod would go once the others have moved
 * @param moves pods that lie in its way, and where each would go instead; at least one
 */
public record Rearrangement(Plan plan, List<Move> moves) {

    public Rearrangement {
        moves = List.copyOf(moves);
    }

    /**
     * A pod that may be asked to move: bound, understood, and not terminating.
     *
     * @param pod its name, for people and for the order of equals
     * @param demand what it needs wherever it lies
     * @param occupancy what it occupies now
     */
    public record Tenant(String pod, PodDemand demand, PodOccupancy occupancy) {}

    /**
     * A pod that would have to lie elsewhere.
     *
     * @param tenant the pod
     * @param to where it would go, by its own conditions and policies
     */
    public record Move(Tenant tenant, Plan to) {}

    /**
     * The result of a search.
     *
     * @param all the ways with the fewest moves, those that move the smaller pods first
     * @param complete whether everything within the bounds was examined if there is no way; false if the search was cut
     *     short, so that no way found does not mean that there is none
     */
    public record Ways(List<Rearrangement> all, boolean complete) {

        /** The result for a pod that fits without any move. */
        public static final Ways NOT_NEEDED = new Ways(List.of(), true);

        public Ways {
            all = List.copyOf(all);
        }
    }
}
