package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A container of a pod's spec with its role.
 *
 * @param kind when it runs
 * @param spec the container's spec
 */
record ContainerPlan(Kind kind, Container spec) {

    /** When a container runs. */
    enum Kind {
        /** Runs to completion before the next one starts. */
        INIT,
        /** An init container that is restarted always: starts in its turn and outlives the app containers. */
        SIDECAR,
        /** Runs after all init containers. */
        APP
    }

    /** Returns all containers in the order in which kubelet allocates and starts them. */
    static List<ContainerPlan> of(Pod pod) {
        var plans = new ArrayList<ContainerPlan>();
        for (var container : pod.getSpec().getInitContainers()) {
            var kind = "Always".equals(container.getRestartPolicy()) ? Kind.SIDECAR : Kind.INIT;
            plans.add(new ContainerPlan(kind, container));
        }
        for (var container : pod.getSpec().getContainers()) {
            plans.add(new ContainerPlan(Kind.APP, container));
        }
        return plans;
    }

    String name() {
        return spec.getName();
    }

    /** Returns where it stands in the pod, as events name it. */
    String fieldPath() {
        return "spec.%s{%s}".formatted(kind == Kind.APP ? "containers" : "initContainers", name());
    }

    /**
     * Returns the positive limits, the only ones that device allocation considers, by resource name in a fixed order.
     */
    Map<String, Integer> limits() {
        var limits = new TreeMap<String, Integer>();
        if (spec.getResources() == null || spec.getResources().getLimits() == null) {
            return limits;
        }
        for (Map.Entry<String, Quantity> limit : spec.getResources().getLimits().entrySet()) {
            var amount = (int) Math.min(
                    Integer.MAX_VALUE, limit.getValue().getNumericalAmount().longValue());
            if (amount > 0) {
                limits.put(limit.getKey(), amount);
            }
        }
        return limits;
    }
}
