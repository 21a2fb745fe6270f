package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** Derives the phase of a pod and applies its restart policy, as kubelet does from the containers. */
final class PodPhase {

    private PodPhase() {}

    static boolean isTerminal(String phase) {
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    static String of(Pod pod, List<ContainerRecord> containers) {
        if (initFailedForGood(pod, containers)) {
            return "Failed";
        }
        var initialising = containers.stream().anyMatch(PodPhase::holdsUpInitialisation);
        var apps = apps(containers);
        var neverRan = apps.stream()
                .anyMatch(container -> container.state() instanceof ContainerState.Waiting
                        && container.lastExit().isEmpty());
        if (initialising || neverRan) {
            return "Pending";
        }
        if (apps.stream().anyMatch(container -> !endedForGood(pod, container))) {
            return "Running";
        }
        // Sidecars outlive the app containers; the pod has ended when they have stopped too.
        if (containers.stream().anyMatch(ContainerRecord::isRunning)) {
            return "Running";
        }
        return ofEnded(containers);
    }

    /** Returns the phase of a pod that was stopped or has ended by itself. */
    static String ofEnded(List<ContainerRecord> containers) {
        return apps(containers).stream().allMatch(ContainerRecord::succeeded) ? "Succeeded" : "Failed";
    }

    /** Returns whether no app container will run again, or an init container has failed permanently. */
    static boolean workIsOver(Pod pod, List<ContainerRecord> containers) {
        return initFailedForGood(pod, containers)
                || apps(containers).stream().allMatch(container -> endedForGood(pod, container));
    }

    /** Returns whether the restart policy restarts a container that ended with this code. */
    static boolean restarts(Pod pod, ContainerPlan.Kind kind, int exitCode) {
        var policy = restartPolicy(pod);
        return switch (kind) {
            case SIDECAR -> true;
            case INIT -> exitCode != 0 && !"Never".equals(policy);
            case APP -> "Always".equals(policy) || ("OnFailure".equals(policy) && exitCode != 0);
        };
    }

    static String restartPolicy(Pod pod) {
        var policy = pod.getSpec().getRestartPolicy();
        return policy == null ? "Always" : policy;
    }

    private static boolean initFailedForGood(Pod pod, List<ContainerRecord> containers) {
        return containers.stream()
                .filter(container -> container.plan().kind() == ContainerPlan.Kind.INIT)
                .anyMatch(container -> !container.succeeded() && endedForGood(pod, container));
    }

    private static boolean endedForGood(Pod pod, ContainerRecord container) {
        return container.state() instanceof ContainerState.Exited exited
                && !restarts(pod, container.plan().kind(), exited.exit().code());
    }

    private static boolean holdsUpInitialisation(ContainerRecord container) {
        return switch (container.plan().kind()) {
            case INIT -> !container.succeeded();
            case SIDECAR ->
                container.state() instanceof ContainerState.Waiting
                        && container.lastExit().isEmpty();
            case APP -> false;
        };
    }

    private static List<ContainerRecord> apps(List<ContainerRecord> containers) {
        return containers.stream()
                .filter(container -> container.plan().kind() == ContainerPlan.Kind.APP)
                .toList();
    }
}
