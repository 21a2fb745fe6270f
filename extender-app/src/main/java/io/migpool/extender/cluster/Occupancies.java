package io.migpool.extender.cluster;

import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.PodOccupancy;
import io.migpool.extender.placement.ReservationCheck;
import java.util.Optional;

/** Determines what pods occupy by their reservations, as far as those are believed. */
final class Occupancies {

    private final Complaints complaints;

    Occupancies(Complaints complaints) {
        this.complaints = complaints;
    }

    /** Returns the occupancy, unless an instance lies where none can. A reservation that is too small is held nonetheless. */
    Optional<PodOccupancy> of(PodEntry pod, NodeView view) {
        Reservation reservation = pod.reservation();
        PodDemand demand = pod.demand();
        if (reservation == null || demand == null) {
            return Optional.empty();
        }
        Optional<String> impossible = ReservationCheck.impossible(reservation, view);
        if (impossible.isPresent()) {
            complaints.about("pod " + pod.key(), impossible.get());
            return Optional.empty();
        }
        ReservationCheck.tooSmall(reservation, demand, view)
                .ifPresent(words -> complaints.though("pod " + pod.key(), words));
        return Optional.of(PodOccupancy.of(reservation, demand.request()));
    }
}
