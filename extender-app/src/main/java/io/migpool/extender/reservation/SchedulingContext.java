package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.placement.Planner;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Predicate;

/**
 * What every verb decides with.
 *
 * @param cluster the nodes and their pods
 * @param book the holds, on the same cluster
 * @param planner finds places
 * @param settings how the verbs behave
 * @param observer is told what is decided
 * @param clock a steady clock; measures the age of holds and attempts
 */
public record SchedulingContext(
        ClusterView cluster,
        HoldBook book,
        Planner planner,
        SchedulingSettings settings,
        SchedulingObserver observer,
        InstantSource clock) {

    /** Returns which holds count now: all but promises that others may take. */
    Predicate<Hold> notLapsed() {
        return notLapsed(clock.instant());
    }

    Predicate<Hold> notLapsed(Instant now) {
        return settings.notLapsed(cluster, now);
    }

    QuotaCheck newQuotaCheck() {
        return new QuotaCheck(cluster, book);
    }
}
