package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pods for tests; quantities are written {@code gpu=1 gpumem=8k}. */
final class Pods {

    private Pods() {}

    static Pod of(Container... containers) {
        return of(List.of(), List.of(containers));
    }

    static Pod of(List<Container> init, List<Container> app) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("pod")
                .endMetadata()
                .withNewSpec()
                .withInitContainers(init)
                .withContainers(app)
                .endSpec()
                .build();
    }

    static Container limits(String name, String limits) {
        return container(name, limits, "");
    }

    static Container container(String name, String limits, String requests) {
        return new ContainerBuilder()
                .withName(name)
                .withNewResources()
                .withLimits(quantities(limits))
                .withRequests(quantities(requests))
                .endResources()
                .build();
    }

    static Container sidecar(String name, String limits) {
        return new ContainerBuilder(limits(name, limits))
                .withRestartPolicy("Always")
                .build();
    }

    private static Map<String, Quantity> quantities(String text) {
        Map<String, Quantity> quantities = new LinkedHashMap<>();
        Arrays.stream(text.split(" "))
                .filter(entry -> !entry.isBlank())
                .map(entry -> entry.split("=", -1))
                .forEach(entry -> quantities.put("nvidia.com/" + entry[0], new Quantity(entry[1])));
        return quantities;
    }
}
