package io.migpool.testbed.scheduler;

import java.time.Duration;

/**
 * Leader election among replicas of a scheduler.
 *
 * @param namespace namespace of the Lease
 * @param lease name of the Lease
 * @param identity identity of this replica, unique among replicas
 * @param leaseDuration how long others wait for a leader that stops renewing (kube-scheduler: 15 s)
 * @param renewDeadline time after which a leader that cannot renew gives up (kube-scheduler: 10 s)
 * @param retryPeriod pause between attempts to acquire or renew the Lease (kube-scheduler: 2 s)
 */
public record LeaderElection(
        String namespace,
        String lease,
        String identity,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod) {

    /** Rejects times that would let two replicas lead at once. */
    public LeaderElection {
        if (leaseDuration.compareTo(renewDeadline) <= 0 || renewDeadline.compareTo(retryPeriod) <= 0) {
            throw new IllegalArgumentException(
                    "leaseDuration %s, renewDeadline %s, retryPeriod %s: each must be longer than the next"
                            .formatted(leaseDuration, renewDeadline, retryPeriod));
        }
    }

    /** Returns the Lease of the manifests with kube-scheduler's times. */
    public static LeaderElection of(String identity) {
        return new LeaderElection(
                "kube-system",
                "hami-scheduler",
                identity,
                Duration.ofSeconds(15),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2));
    }

    /** Returns the same election with all times multiplied, for example by 0.02 for short waits. */
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
