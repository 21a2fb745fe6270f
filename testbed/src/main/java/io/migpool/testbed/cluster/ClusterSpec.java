package io.migpool.testbed.cluster;

import io.migpool.testbed.kubelet.KubeletTiming;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Specification of a cluster.
 *
 * @param deviceConfig content of {@code device-config.yaml} in the ConfigMap {@code hami-scheduler-device}
 * @param nodeConfig content of {@code config.json} in the ConfigMap {@code hami-device-plugin}
 * @param countResource name of the resource that nodes advertise
 * @param createLatency how long the simulated driver takes to create or destroy an instance
 * @param kubeletTiming the kubelets' delays
 * @param schedulerBackOff the scheduler's first delay after an error; the longest is ten times that
 * @param replicas number of extenders, 1 or 2, each with its own scheduler; two schedulers elect a leader
 * @param settings MicroProfile settings for every application, for example a shorter time to live
 */
public record ClusterSpec(
        List<NodeSpec> nodes,
        String deviceConfig,
        String nodeConfig,
        String countResource,
        Duration createLatency,
        KubeletTiming kubeletTiming,
        Duration schedulerBackOff,
        int replicas,
        Map<String, String> settings) {

    private static final double FAST = 0.02;
    private static final Duration FAST_BACK_OFF = Duration.ofMillis(50);
    private static final Duration TYPICAL_CREATION = Duration.ofMillis(20);

    public ClusterSpec {
        nodes = List.copyOf(nodes);
        settings = Map.copyOf(settings);
        if (replicas < 1 || replicas > 2) {
            throw new IllegalArgumentException("replicas is %d: must be 1 or 2".formatted(replicas));
        }
    }

    /**
     * Returns the specification of a cluster with shortened back-offs and grace periods.
     *
     * @param deviceConfig content of {@code device-config.yaml}
     * @param nodeConfig content of {@code config.json}
     */
    public static ClusterSpec fast(List<NodeSpec> nodes, String deviceConfig, String nodeConfig) {
        return new ClusterSpec(
                nodes,
                deviceConfig,
                nodeConfig,
                "nvidia.com/gpu",
                TYPICAL_CREATION,
                KubeletTiming.kubernetes().scaledBy(FAST),
                FAST_BACK_OFF,
                1,
                Map.of());
    }

    /** Returns this specification with another advertised resource. */
    public ClusterSpec withCountResource(String name) {
        return new ClusterSpec(
                nodes,
                deviceConfig,
                nodeConfig,
                name,
                createLatency,
                kubeletTiming,
                schedulerBackOff,
                replicas,
                settings);
    }

    /** Returns this specification with another time to create or destroy an instance. */
    public ClusterSpec withCreateLatency(Duration latency) {
        return new ClusterSpec(
                nodes,
                deviceConfig,
                nodeConfig,
                countResource,
                latency,
                kubeletTiming,
                schedulerBackOff,
                replicas,
                settings);
    }

    /**
     * Returns this specification with two extenders, each with a scheduler; the leader election uses kube-scheduler's
     * own times.
     */
    public ClusterSpec withTwoReplicas() {
        return new ClusterSpec(
                nodes,
                deviceConfig,
                nodeConfig,
                countResource,
                createLatency,
                kubeletTiming,
                schedulerBackOff,
                2,
                settings);
    }

    /** Returns this specification with MicroProfile settings for every application. */
    public ClusterSpec withSettings(Map<String, String> other) {
        return new ClusterSpec(
                nodes,
                deviceConfig,
                nodeConfig,
                countResource,
                createLatency,
                kubeletTiming,
                schedulerBackOff,
                replicas,
                other);
    }
}
