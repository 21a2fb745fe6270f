package io.migpool.extender.cluster;

import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.pool.PodDemand;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A live pod that asks for GPUs, cut down to what scheduling needs.
 *
 * @param key which pod
 * @param boundTo the node it is bound to, or null
 * @param demand what it needs; null if its request cannot be understood
 * @param reservation what its annotations say it was given; null if it is unbound, has none, or they are not believed
 * @param terminating whether its deletion has begun; it occupies its GPUs until it is gone
 */
public record PodEntry(
        PodKey key,
        @Nullable String boundTo,
        @Nullable PodDemand demand,
        @Nullable Reservation reservation,
        boolean terminating) {

    /** Returns whether an earlier state of the pod means the same for every decision. */
    boolean isSameForScheduling(PodEntry before) {
        return Objects.equals(boundTo, before.boundTo)
                && Objects.equals(reservation, before.reservation)
                && terminating == before.terminating
                && ((demand == null || before.demand == null) ? demand == before.demand : demand.isSame(before.demand));
    }
}
