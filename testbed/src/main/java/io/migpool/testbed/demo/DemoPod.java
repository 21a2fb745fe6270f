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

    /**
     * @param name its name
     * @param limits limits of the container, without {@code nvidia.com/}
     * @param annotations its annotations
     */
    static Pod of(String name, Map<String, String> limits, Map<String, String> annotations) {
        Map<String, Quantity> quantities = new TreeMap<>();
        limits.forEach((resource, value) -> quantities.put(PREFIX + resource, Quantity.parse(value)));
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(annotations)
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
}
