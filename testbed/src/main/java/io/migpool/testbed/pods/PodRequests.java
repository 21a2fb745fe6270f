package io.migpool.testbed.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a pod occupies on its node: the larger of what it needs while it runs (app containers and sidecars) and while it
 * initialises (each init container together with the sidecars before it).
 *
 * @param thousandths amounts in thousandths of a unit by resource name
 */
public record PodRequests(Map<String, Long> thousandths) {

    /** Copies the amounts. */
    public PodRequests {
        thousandths = Map.copyOf(thousandths);
    }

    /** Returns the requests of a pod; where a container has none for a resource, its limit counts. */
    public static PodRequests of(Pod pod) {
        return of(pod, Map.of());
    }

    /**
     * Returns the requests of a pod, of which each container requests at least something.
     *
     * @param defaults what counts for a container that has neither request nor limit, in thousandths of a unit by
     *     resource name
     */
    public static PodRequests of(Pod pod, Map<String, Long> defaults) {
        var sidecars = new TreeMap<String, Long>();
        var peak = new TreeMap<String, Long>();
        for (var container : pod.getSpec().getInitContainers()) {
            if ("Always".equals(container.getRestartPolicy())) {
                requestsOf(container, defaults)
                        .forEach((resource, amount) -> sidecars.merge(resource, amount, Long::sum));
                sidecars.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
            } else {
                var together = new TreeMap<>(sidecars);
                requestsOf(container, defaults)
                        .forEach((resource, amount) -> together.merge(resource, amount, Long::sum));
                together.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
            }
        }
        var running = new TreeMap<>(sidecars);
        for (var container : pod.getSpec().getContainers()) {
            requestsOf(container, defaults).forEach((resource, amount) -> running.merge(resource, amount, Long::sum));
        }
        running.forEach((resource, amount) -> peak.merge(resource, amount, Long::max));
        return new PodRequests(peak);
    }

    private static Map<String, Long> requestsOf(Container container, Map<String, Long> defaults) {
        var amounts = new TreeMap<>(defaults);
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

    /** Returns an amount in thousandths of a unit, rounded up. */
    public static long thousandths(Quantity quantity) {
        return quantity.getNumericalAmount()
                .multiply(BigDecimal.valueOf(1000))
                .setScale(0, RoundingMode.CEILING)
                .longValue();
    }
}
