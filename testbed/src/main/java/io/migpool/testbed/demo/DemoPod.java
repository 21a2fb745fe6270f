package io.migpool.testbed.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.TreeMap;

/** A pod with one container, as a user would write it. */
final class DemoPod {

    private static final String PREFIX = "nvidia.com/";

    private DemoPod() {}

    /** @param limits resource limits of the container, without {@code nvidia.com/} */
    static Pod of(String name, Map<String, String> limits) {
        Map<String, Quantity> quantities = new TreeMap<>();
        limits.forEach((resource, value) -> quantities.put(PREFIX + resource, Quantity.parse(value)));
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("ubuntu:22.04")
                .withCommand("bash", "-c", "sleep 86400")
                .withNewResources()
                .withLimits(quantities)
                .endResources()
                .endContainer()
                .withTerminationGracePeriodSeconds(1L)
                .endSpec()
                .build();
    }

    /** Returns the same pod with an annotation. */
    static Pod annotated(Pod pod, String key, String value) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(key, value)
                .endMetadata()
                .build();
    }

    /** Returns the same pod, restricted to one node. */
    static Pod on(Pod pod, String node) {
        return new PodBuilder(pod)
                .editSpec()
                .addToNodeSelector("kubernetes.io/hostname", node)
                .endSpec()
                .build();
    }
}
