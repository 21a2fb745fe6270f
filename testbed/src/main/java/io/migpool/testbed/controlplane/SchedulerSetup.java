package io.migpool.testbed.controlplane;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.scheduler.LeaderElection;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to start a scheduler.
 *
 * @param client an administrator's client, for a scheduler in this JVM
 * @param kubeconfig content of the kubeconfig of the scheduler's account, for one in a process of its own
 * @param extender base URL of the extender
 * @param configuration the rest of its configuration
 * @param backOff the first delay after an error; the longest is ten times that; kube-scheduler rounds up to seconds
 * @param election how it agrees with its replicas; empty if it is alone
 */
public record SchedulerSetup(
        KubernetesClient client,
        String kubeconfig,
        URI extender,
        KubeSchedulerConfiguration configuration,
        Duration backOff,
        Optional<LeaderElection> election) {

    /** Ratio of the longest delay to the first. */
    static final int LONGEST_TO_FIRST = 10;
}
