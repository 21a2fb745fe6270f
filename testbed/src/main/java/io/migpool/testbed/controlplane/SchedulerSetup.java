package io.migpool.testbed.controlplane;

import io.migpool.testbed.scheduler.LeaderElection;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to start a scheduler.
 *
 * @param kubeconfig content of the kubeconfig of the scheduler's account
 * @param extender base URL of the extender
 * @param configuration the rest of its configuration
 * @param backOff the first delay after an error; the longest is ten times that; kube-scheduler rounds up to seconds
 * @param election how it agrees with its replicas; empty if it is alone
 */
public record SchedulerSetup(
        String kubeconfig,
        URI extender,
        KubeSchedulerConfiguration configuration,
        Duration backOff,
        Optional<LeaderElection> election) {

    /** Ratio of the longest delay to the first. */
    static final int LONGEST_TO_FIRST = 10;
}
