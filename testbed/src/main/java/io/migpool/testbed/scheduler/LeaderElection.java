package io.migpool.testbed.scheduler;

import java.time.Duration;

/**
 * How replicas of a scheduler agree on the one that schedules.
 *
 * @param namespace namespace of the Lease
 * @param lease name of the Lease
 * @param identity who this replica is; no two replicas may have the same
 * @param leaseDuration how long others wait for a leader that does not renew (kube-scheduler: 15 s)
 * @param renewDeadline after which a leader that cannot renew gives up (kube-scheduler: 10 s)
 * @param retryPeriod wait between two tries to get or renew the Lease (kube-scheduler: 2 s)
 */
public record LeaderElection(
        String namespace,
        String lease,
        String identity,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod) {

    /** Rejects times with which two replicas could lead at once. */
    public LeaderElection {
        if (leaseDuration.compareTo(renewDeadline) <= 0 || renewDeadline.compareTo(retryPeriod) <= 0) {
            throw new IllegalArgumentException(
                    "leaseDuration %s, renewDeadline %s, retryPeriod %s: each must be longer than the next"
                            .formatted(leaseDuration, renewDeadline, retryPeriod));
        }
    }

    /** The Lease of the manifests with kube-scheduler's times. */
    public static LeaderElection of(String identity) {
        return new LeaderElection(
                "kube-system",
                "hami-scheduler",
                identity,
                Duration.ofSeconds(15),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2));
    }

    /** The same with all times multiplied, for example by 0.02 so that nobody waits for long. */
    public LeaderElection scaledBy(double factor) {
        return new LeaderElection(
                namespace,
                lease,
                identity,
                scale(leaseDuration, factor),
                scale(renewDeadline, factor),
                scale(retryPeriod, factor));
    }

    private static Duration scale(Duration time, double factor) {
        return Duration.ofNanos(Math.round(time.toNanos() * factor));
    }
}
