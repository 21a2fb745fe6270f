package io.migpool.extender;

import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.observe.PodEvents;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.pool.PodDemand;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts every pod once in the mix of requests, with what it was given, and reports on waiting pods which of their
 * annotations are ignored.
 */
record RequestObserver(RequestMix mix, PodEvents events) implements PodListener {

    @Override
    public void appeared(PodEntry pod) {
        PodDemand demand = pod.demand();
        if (demand != null) {
            mix.observe(demand);
            List<String> ignored = new ArrayList<>(demand.policies().ignored());
            ignored.addAll(demand.constraints().ignored());
            if (pod.boundTo() == null && !ignored.isEmpty()) {
                events.ignored(pod.key(), String.join("; ", ignored));
            }
        }
    }

    @Override
    public void placed(PodEntry pod) {
        PodDemand demand = pod.demand();
        Reservation reservation = pod.reservation();
        if (demand != null && reservation != null) {
            mix.placed(demand, !reservation.migAllocations().isEmpty());
        }
    }

    @Override
    public void bound(String uid) {}

    @Override
    public void gone(String uid) {}
}
