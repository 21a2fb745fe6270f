package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads from the API server that bypass every cache. */
public interface ConsistentReads {

    /**
     * A turn as leader; equal to another reading of it as long as no other process led in between.
     *
     * @param holder whose turn it is
     * @param transitions how often the leader changed before; 0 if no other process ever led
     * @param since when it began, by the clock of the holder's machine; empty if the lease does not say
     */
    record Term(String holder, int transitions, Optional<Instant> since) {}

    /** The present leader of the schedulers. */
    sealed interface Leader {

        /**
         * One of several replicas leads.
         *
         * @param term the turn
         * @param renewed whether its holder kept it up; a lease that ran out may be left from a time when replicas elected
         */
        record Elected(Term term, boolean renewed) implements Leader {}

        /** There is no lease, so there is no leader election. */
        record NoLease() implements Leader {}

        /**
         * There may be a leader, but it is not known.
         *
         * @param why the lease and what failed
         */
        record Unknown(String why) implements Leader {}
    }

    /** Reads the lease of the scheduler's leader election. */
    Leader leader();

    /**
     * Passes on every pod that is bound to a node and has not ended.
     *
     * @return empty once all have been passed on, else why not
     */
    Optional<String> boundPods(Consumer<Pod> taker);
}
