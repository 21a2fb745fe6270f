package io.migpool.testbed.kubelet;

import java.time.Duration;

/**
 * A kubelet's delays and limits. Only back-offs and grace periods are meant to be shortened, not the limits of calls.
 *
 * @param startRetryMin shortest wait before a failed start is retried (kubelet: 10 s)
 * @param startRetryMax longest such wait; the actual one is drawn evenly between the two (kubelet: 15 s)
 * @param crashBackOff wait before the second restart of a container that ended; doubles with every further one (kubelet: 10 s)
 * @param crashBackOffMax longest such wait (kubelet: 5 min)
 * @param graceScale factor on the termination grace period of a pod that is deleted (kubelet: 1.0)
 * @param endpointStopGrace how long a resource stays known after its plugin has gone (kubelet: 5 min)
 * @param preStartTimeout limit of one PreStartContainer call (kubelet: 30 s)
 * @param dialTimeout how long a plugin that registers has to accept kubelet's connection (kubelet: 10 s)
 */
public record KubeletTiming(
        Duration startRetryMin,
        Duration startRetryMax,
        Duration crashBackOff,
        Duration crashBackOffMax,
        double graceScale,
        Duration endpointStopGrace,
        Duration preStartTimeout,
        Duration dialTimeout) {

    /** Rejects waits that a kubelet cannot have. */
    public KubeletTiming {
        if (startRetryMax.compareTo(startRetryMin) < 0) {
            throw new IllegalArgumentException("startRetryMax is %s: must not be shorter than startRetryMin %s"
                    .formatted(startRetryMax, startRetryMin));
        }
        if (graceScale < 0) {
            throw new IllegalArgumentException("graceScale is %s: must be 0 or more".formatted(graceScale));
        }
    }

    /** Returns the waits of the real kubelet. */
    public static KubeletTiming kubernetes() {
        return new KubeletTiming(
                Duration.ofSeconds(10),
                Duration.ofSeconds(15),
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                1.0,
                Duration.ofMinutes(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    /**
     * Returns the same waits, back-offs and grace periods multiplied; limits of calls stay, and so does the time that a
     * plugin has to come back.
     *
     * @param factor above 0, for example 0.01 to retry after 100–150 ms
     */
    public KubeletTiming scaledBy(double factor) {
        return new KubeletTiming(
                scale(startRetryMin, factor),
                scale(startRetryMax, factor),
                scale(crashBackOff, factor),
                scale(crashBackOffMax, factor),
                graceScale * factor,
                endpointStopGrace,
                preStartTimeout,
                dialTimeout);
    }

    /** Returns the same waits with another limit of PreStartContainer. */
    public KubeletTiming withPreStartTimeout(Duration timeout) {
        return new KubeletTiming(
                startRetryMin,
                startRetryMax,
                crashBackOff,
                crashBackOffMax,
                graceScale,
                endpointStopGrace,
                timeout,
                dialTimeout);
    }

    /** Returns the same waits with another limit of the connection to a plugin. */
    public KubeletTiming withDialTimeout(Duration timeout) {
        return new KubeletTiming(
                startRetryMin,
                startRetryMax,
                crashBackOff,
                crashBackOffMax,
                graceScale,
                endpointStopGrace,
                preStartTimeout,
                timeout);
    }

    /** Returns a time that kubelet leaves containers to stop, as this node scales it. */
    Duration scaled(Duration grace) {
        return scale(grace, graceScale);
    }

    /** Returns how long a container has to run for its crashes to be forgotten (kubelet: 10 min). */
    Duration crashForgiven() {
        return crashBackOffMax.multipliedBy(2);
    }

    /**
     * Returns the wait before a restart: none for the first, then doubling from {@link #crashBackOff}.
     *
     * @param earlier restarts before this one that count
     */
    Duration restartWait(int earlier) {
        if (earlier == 0) {
            return Duration.ZERO;
        }
        var doubled = crashBackOff.multipliedBy(1L << Math.min(earlier - 1, 20));
        return doubled.compareTo(crashBackOffMax) < 0 ? doubled : crashBackOffMax;
    }

    private static Duration scale(Duration wait, double factor) {
        return Duration.ofNanos(Math.round(wait.toNanos() * factor));
    }
}
