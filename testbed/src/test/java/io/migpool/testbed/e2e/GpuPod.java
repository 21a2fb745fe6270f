package io.migpool.testbed.e2e;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A pod as a user would write it, in a few words. */
final class GpuPod {

    private final String name;
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> nodeSelector = new LinkedHashMap<>();
    private Optional<String> nodeName = Optional.empty();
    private final List<Container> init = new ArrayList<>();
    private final List<Container> containers = new ArrayList<>();

    private GpuPod(String name) {
        this.name = name;
    }

    static GpuPod named(String name) {
        return new GpuPod(name);
    }

    /** Adds a container with limits given as alternating names (without {@code nvidia.com/}) and values. */
    GpuPod container(String container, String... limits) {
        containers.add(build(container, limits));
        return this;
    }

    /** Adds an init container, written like {@link #container}. */
    GpuPod init(String container, String... limits) {
        init.add(build(container, limits));
        return this;
    }

    GpuPod mode(String mode) {
        return annotation("nvidia.com/vgpu-mode", mode);
    }

    GpuPod annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    GpuPod label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /** Leaves it to the default scheduler. */
    GpuPod ignoredByTheWebhook() {
        return label("hami.io/webhook", "ignore");
    }

    /** Leaves nothing to a scheduler. */
    GpuPod boundTo(String node) {
        nodeName = Optional.of(node);
        return this;
    }

    GpuPod on(String node) {
        nodeSelector.put("kubernetes.io/hostname", node);
        return this;
    }

    Pod build() {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .withNodeName(nodeName.orElse(null))
                .withNodeSelector(nodeSelector)
                .withInitContainers(init)
                .withContainers(containers)
                .withTerminationGracePeriodSeconds(1L)
                .endSpec()
                .build();
    }

    private static Container build(String container, String... limits) {
        Map<String, Quantity> quantities = new LinkedHashMap<>();
        for (int i = 0; i < limits.length; i += 2) {
            quantities.put("nvidia.com/" + limits[i], Quantity.parse(limits[i + 1]));
        }
        return new ContainerBuilder()
                .withName(container)
                .withImage("ubuntu:22.04")
                .withNewResources()
                .withLimits(quantities)
                .endResources()
                .build();
    }
}
