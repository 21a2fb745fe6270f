package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A pod with the data that scheduling needs, computed once.
 *
 * @param requests what it occupies, in thousandths of a unit by resource name
 * @param priority its priority, 0 if it names none
 */
record PodInfo(Pod pod, Map<String, Long> requests, int priority) {

    PodInfo {
        requests = Map.copyOf(requests);
    }

    static PodInfo of(Pod pod) {
        var priority = pod.getSpec().getPriority();
        return new PodInfo(pod, requestsOf(pod), priority == null ? 0 : priority);
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

    static boolean hasEnded(Pod pod) {
        var phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static boolean namesAny(Map<String, Quantity> amounts, Set<String> resources) {
        return amounts != null && amounts.keySet().stream().anyMatch(resources::contains);
    }

    /**
     * Returns the larger of what the running pod needs (app containers and sidecars) and what it needs while it
     * initialises (each init container together with the sidecars before it).
     */
    private static Map<String, Long> requestsOf(Pod pod) {
        var sidecars = new TreeMap<String, Long>();
        var peak = new TreeMap<String, Long>();
        for (var container : pod.getSpec().getInitContainers()) {
            if ("Always".equals(container.getRestartPolicy())) {
                requestsOf(container).forEach((resource, amount) -> sidecars.merge(resource, amount, Long::sum));
                sidecars.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
            } else {
                var together = new TreeMap<>(sidecars);
                requestsOf(container).forEach((resource, amount) -> together.merge(resource, amount, Long::sum));
                together.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
            }
        }
        var running = new TreeMap<>(sidecars);
        for (var container : pod.getSpec().getContainers()) {
            requestsOf(container).forEach((resource, amount) -> running.merge(resource, amount, Long::sum));
        }
        running.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
        return peak;
    }

    private static Map<String, Long> requestsOf(Container container) {
        var amounts = new TreeMap<String, Long>();
        if (container.getResources() != null) {
            if (container.getResources().getLimits() != null) {
                container.getResources().getLimits().forEach((name, amount) -> amounts.put(name, thousandths(amount)));
            }
            if (container.getResources().getRequests() != null) {
                container
                        .getResources()
                        .getRequests()
                        .forEach((name, amount) -> amounts.put(name, thousandths(amount)));
            }
        }
        return amounts;
    }

    static long thousandths(Quantity quantity) {
        return quantity.getNumericalAmount()
                .multiply(BigDecimal.valueOf(1000))
                .setScale(0, RoundingMode.CEILING)
                .longValue();
    }
}
