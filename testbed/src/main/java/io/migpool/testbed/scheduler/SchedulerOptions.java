package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.client.Config;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Options of a scheduler.
 *
 * @param api the API server and the account that it uses
 * @param extender the extender, if any
 * @param election leader election among replicas; empty if it has no replicas and leads from the start
 * @param backOff how long a pod rests after an error, or yields to others after a refusal; doubles with every further one
 *     (kube-scheduler: 1 s)
 * @param backOffMax longest such wait (kube-scheduler: 10 s)
 * @param longestWait time after which a refused pod is retried without any event (kube-scheduler: 5 min)
 * @param profile for which pods and how it searches for and scores nodes
 * @param clock source of the times that are written
 * @param seed seed of the choice among equally good nodes
 */
public record SchedulerOptions(
        Config api,
        Optional<ExtenderOptions> extender,
        Optional<LeaderElection> election,
        Duration backOff,
        Duration backOffMax,
        Duration longestWait,
        SchedulerProfile profile,
        InstantSource clock,
        long seed) {

    /** Returns options that serve {@code hami-scheduler} and {@code default-scheduler} with the real waits and no extender. */
    public static SchedulerOptions of(Config api) {
        return new SchedulerOptions(
                api,
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                SchedulerProfile.DEFAULT,
                InstantSource.system(),
                1);
    }

    /** Returns the same options with an extender. */
    public SchedulerOptions withExtender(ExtenderOptions newExtender) {
        return new SchedulerOptions(
                api, Optional.of(newExtender), election, backOff, backOffMax, longestWait, profile, clock, seed);
    }

    /** Returns the same options as one of several replicas, of which only the leader schedules. */
    public SchedulerOptions withElection(LeaderElection newElection) {
        return new SchedulerOptions(
                api, extender, Optional.of(newElection), backOff, backOffMax, longestWait, profile, clock, seed);
    }

    /** Returns the same options with another back-off after errors. */
    public SchedulerOptions withBackOff(Duration first, Duration longest) {
        return new SchedulerOptions(api, extender, election, first, longest, longestWait, profile, clock, seed);
    }

    /** Returns the same options with another longest wait of refused pods. */
    public SchedulerOptions withLongestWait(Duration wait) {
        return new SchedulerOptions(api, extender, election, backOff, backOffMax, wait, profile, clock, seed);
    }

    /** Returns the same options with another profile. */
    public SchedulerOptions withProfile(SchedulerProfile newProfile) {
        return new SchedulerOptions(api, extender, election, backOff, backOffMax, longestWait, newProfile, clock, seed);
    }
}
