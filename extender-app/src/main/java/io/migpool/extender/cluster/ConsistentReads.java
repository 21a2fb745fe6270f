package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** What the API server says now, past every cache. */
public interface ConsistentReads {

    /**
     * A turn at leading; equal to another look at it as long as no other process led in between.
     *
     * @param holder whose turn it is
     * @param transitions how often the leader changed before; 0 if no other process ever led
     * @param since when it began, by the clock of the holder's machine; empty if that cannot be told
     */
    record Term(String holder, int transitions, Optional<Instant> since) {}

    /** Who schedules now. */
    sealed interface Leader {

        /**
         * One of several, by a turn of its own.
         *
         * @param term the turn
         * @param renewed whether its holder kept it up; a lease that ran out may be left from a time when replicas elected
         */
        record Elected(Term term, boolean renewed) implements Leader {}

        /** There is no lease: there is no leader election. */
        record NoLease() implements Leader {}

        /**
         * There may be a leader that is not known.
         *
         * @param why the lease and what failed
         */
        record Unknown(String why) implements Leader {}
    }

    /** Looks at the lease of the scheduler's leader election. */
    Leader leader();

    /**
     * Hands over every pod that is bound to a node.
     *
     * @return empty once all have been handed over, else why not
     */
    Optional<String> boundPods(Consumer<Pod> taker);
}
