package io.migpool.extender.reservation;

import io.migpool.config.SchedulingWishes;
import io.migpool.extender.cluster.ClusterView;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;

/**
 * Settings of the verbs.
 *
 * @param holdTime after which another pod that needs the room of a promise may take it, unless the cluster's settings say
 *     otherwise; at most {@link SchedulingWishes#LONGEST_HOLD}
 * @param mostNodes nodes that filter returns at most, at least 1
 * @param bindRetry how long after bind was asked an attempt may begin, at least one second; for as long, and the
 *     time-out of one attempt, the replica that leads next decides nothing
 * @param landingTime how long after an unclear attempt a Binding may still land; more than the API server's request timeout
 */
public record SchedulingSettings(Duration holdTime, int mostNodes, Duration bindRetry, Duration landingTime) {

    private static final Duration LEAST_BIND_RETRY = Duration.ofSeconds(1);

    /** The defaults: one minute, 64 nodes, two seconds, 65 seconds. */
    public static final SchedulingSettings DEFAULT =
            new SchedulingSettings(Duration.ofSeconds(60), 64, Duration.ofSeconds(2), Duration.ofSeconds(65));

    /** Returns the hold time in force now: the cluster's settings take precedence, and may change at any time. */
    Duration holdTime(ClusterView cluster) {
        return cluster.schedulingWishes().holdTime().orElse(holdTime);
    }

    /** Returns which holds count at this moment: all but promises that others may take. */
    Predicate<Hold> notLapsed(ClusterView cluster, Instant now) {
        Duration longest = holdTime(cluster);
        return hold -> !hold.lapsed(now, longest);
    }

    public SchedulingSettings {
        if (bindRetry.compareTo(LEAST_BIND_RETRY) < 0) {
            throw new IllegalArgumentException(
                    "bind-retry is %s; must be at least %s, or no attempt at a Binding could begin in time"
                            .formatted(bindRetry, LEAST_BIND_RETRY));
        }
        if (mostNodes < 1
                || holdTime.isNegative()
                || holdTime.compareTo(SchedulingWishes.LONGEST_HOLD) > 0
                || landingTime.isNegative()) {
            throw new IllegalArgumentException(
                    "hold time %s, %d nodes, landing time %s; at least one node, no negative time, and no hold longer than %s"
                            .formatted(holdTime, mostNodes, landingTime, SchedulingWishes.LONGEST_HOLD));
        }
    }
}
