package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.pods.PodRequests;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A pod with the data that scheduling needs, computed once.
 *
 * @param requests what it occupies, in thousandths of a unit by resource name
 * @param scored what it counts with when nodes are compared: for a container that requests no processor or no memory, a little
 * @param priority its priority, 0 if it names none
 */
record PodInfo(Pod pod, Map<String, Long> requests, Map<String, Long> scored, int priority) {

    /** A tenth of a processor and 200 MiB, in thousandths. */
    private static final Map<String, Long> LITTLE = Map.of("cpu", 100L, "memory", (200L << 20) * 1000);

    PodInfo {
        requests = Map.copyOf(requests);
        scored = Map.copyOf(scored);
    }

    static PodInfo of(Pod pod) {
        var priority = pod.getSpec().getPriority();
        return new PodInfo(
                pod,
                PodRequests.of(pod).thousandths(),
                PodRequests.of(pod, LITTLE).thousandths(),
                priority == null ? 0 : priority);
    }

    String uid() {
        return pod.getMetadata().getUid();
    }

    String namespace() {
        return pod.getMetadata().getNamespace();
    }

    String name() {
        return pod.getMetadata().getName();
    }

    /** Returns whether any container names one of these resources in limits or requests. */
    boolean names(Set<String> resources) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .filter(container -> container.getResources() != null)
                .anyMatch(container -> namesAny(container.getResources().getLimits(), resources)
                        || namesAny(container.getResources().getRequests(), resources));
    }

    /** Returns whether it is being removed to make room for another pod. */
    boolean isVictim() {
        return pod.getMetadata().getDeletionTimestamp() != null
                && pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> "DisruptionTarget".equals(condition.getType())
                                && "PreemptionByScheduler".equals(condition.getReason()));
    }

    /** Returns the scheduler that the pod wants. */
    static String schedulerName(Pod pod) {
        return Objects.requireNonNullElse(pod.getSpec().getSchedulerName(), "default-scheduler");
    }

    static boolean hasEnded(Pod pod) {
        var phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static boolean namesAny(Map<String, Quantity> amounts, Set<String> resources) {
        return amounts != null && amounts.keySet().stream().anyMatch(resources::contains);
    }
}
