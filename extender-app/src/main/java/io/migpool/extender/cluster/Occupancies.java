package io.migpool.extender.cluster;

import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.ReservationCheck;
import java.util.Optional;

/** Determines what pods occupy by their reservations, as far as those are believed. */
final class Occupancies {

    private final AnnotationProblems problems;

    Occupancies(AnnotationProblems problems) {
        this.problems = problems;
    }

    /** Returns the occupancy, unless an instance lies where none can. A reservation that is too small is held nonetheless. */
    static Optional<PodOccupancy> of(PodEntry pod, NodeView view) {
        Reservation reservation = pod.reservation();
        PodDemand demand = pod.demand();
        if (reservation == null
                || demand == null
                || ReservationCheck.impossible(reservation, view).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(PodOccupancy.of(reservation, demand.request()));
    }

    /** Returns the same, and logs what is wrong with the reservation: to be used once per state of the pod and the node. */
    Optional<PodOccupancy> examined(PodEntry pod, NodeView view) {
        Reservation reservation = pod.reservation();
        PodDemand demand = pod.demand();
        if (reservation != null && demand != null) {
            ReservationCheck.impossible(reservation, view)
                    .ifPresentOrElse(
                            words -> problems.ignored("pod " + pod.key(), words),
                            () -> ReservationCheck.tooSmall(reservation, demand, view)
                                    .ifPresent(words -> problems.counted("pod " + pod.key(), words)));
        }
        return of(pod, view);
    }
}
