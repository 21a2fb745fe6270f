package io.migpool.extender.placement;

import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.Rearrangement.Move;
import io.migpool.extender.placement.Rearrangement.Tenant;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodOccupancy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One attempt to make room: some pods leave a node, the waiting one takes its place there, and all that left find another one,
 * on that node or elsewhere. Depth first over the pods, each with everything that is legal for it. Used once.
 */
final class RearrangementAttempt {

    private final NodePlanner waiting;
    private final NodeView cleared;
    private final List<Tenant> leaving;
    private final Function<Tenant, NodePlanner> planners;
    private final Function<Tenant, Stream<NodeView>> hosts;
    private final StepLimit limit;
    private final List<Move> moves = new ArrayList<>();

    /**
     * @param waiting plans the pod that needs the room
     * @param cleared the node without the leaving pods
     * @param leaving the pods that leave
     * @param planners the planners of the leaving pods
     * @param hosts other nodes that take one of those pods as they are; all, or at least as many as pods leave
     * @param limit bounds the tries
     */
    RearrangementAttempt(
            NodePlanner waiting,
            NodeView cleared,
            List<Tenant> leaving,
            Function<Tenant, NodePlanner> planners,
            Function<Tenant, Stream<NodeView>> hosts,
            StepLimit limit) {
        this.waiting = waiting;
        this.cleared = cleared;
        this.leaving = leaving;
        this.planners = planners;
        this.hosts = hosts;
        this.limit = limit;
    }

    /** Returns new places for all of them, if there are any within the limit. */
    Optional<Rearrangement> find() {
        boolean found = waiting.find(
                        cleared, limit, fits -> moveRest(fits.plan().occupancy()))
                .isPresent();
        return found ? afterMoves().map(fits -> new Rearrangement(fits.plan(), moves)) : Optional.empty();
    }

    /** The moves come first, so the waiting pod must still be accepted once they are made (a policy may refuse GPUs in use). */
    private Optional<Fits> afterMoves() {
        return waiting.find(withMoves(cleared), limit);
    }

    private boolean moveRest(PodOccupancy place) {
        if (moves.size() == leaving.size()) {
            return afterMoves().isPresent();
        }
        Tenant next = leaving.get(moves.size());
        return move(next, withMoves(cleared.plus(place)), place)
                || hosts.apply(next).anyMatch(host -> move(next, withMoves(host), place));
    }

    private boolean move(Tenant tenant, NodeView node, PodOccupancy place) {
        return planners.apply(tenant)
                .find(node, limit, fits -> {
                    Plan plan = fits.plan();
                    if (plan.occupancy().equals(tenant.occupancy())) {
                        return false;
                    }
                    moves.addLast(new Move(tenant, plan));
                    if (moveRest(place)) {
                        return true;
                    }
                    moves.removeLast();
                    return false;
                })
                .isPresent();
    }

    private NodeView withMoves(NodeView node) {
        NodeView view = node;
        for (Move move : moves) {
            if (move.to().node().equals(node.name())) {
                view = view.plus(move.to().occupancy());
            }
        }
        return view;
    }
}
