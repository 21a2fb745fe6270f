package io.migpool.extender.cluster;

import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.PodOccupancy;
import io.migpool.extender.placement.ReservationCheck;
import java.util.Optional;

/** What pods occupy by their reservations, as far as those are believed. */
final class Occupancies {

    private final Complaints complaints;

    Occupancies(Complaints complaints) {
        this.complaints = complaints;
    }

    /** The occupancy, unless an instance is of a profile that could not have been given for the request (forged). */
    Optional<PodOccupancy> of(PodEntry pod, NodeView view) {
        Reservation reservation = pod.reservation();
        PodDemand demand = pod.demand();
        if (reservation == null || demand == null) {
            return Optional.empty();
        }
        Optional<String> doubt = ReservationCheck.doubt(reservation, demand, view);
        if (doubt.isPresent()) {
            complaints.about("pod " + pod.key(), doubt.get());
            return Optional.empty();
        }
        return Optional.of(PodOccupancy.of(reservation, demand.request()));
    }
}
