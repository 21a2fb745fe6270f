package io.migpool.admission.registration;

import io.migpool.contracts.request.ResourceNames;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Match conditions of the webhooks, in the Common Expression Language: objects that name a GPU resource. The manifests
 * contain them with the usual resource names, so that no other pods are sent before the application runs.
 *
 * @param names quoted names of the resources
 */
record GpuConditions(String names) {

    static GpuConditions of(ResourceNames resources) {
        return new GpuConditions(
                resources.requesting().stream().map(GpuConditions::quoted).collect(Collectors.joining(", ", "[", "]")));
    }

    /** Matches a pod with a container that names one. */
    String gpuPod() {
        return gpuPod("object.spec");
    }

    /** Matches a pod without such a container. */
    String otherPod() {
        return "!(" + gpuPod() + ")";
    }

    /** Matches an object that creates pods with such a container. */
    String gpuTemplate() {
        return "[has(object.spec) && has(object.spec.template) ? object.spec.template.spec : "
                + "has(object.spec) && has(object.spec.jobTemplate) ? object.spec.jobTemplate.spec.template.spec : "
                + "object.template.spec].exists(pod, " + gpuPod("pod") + ")";
    }

    private String gpuPod(String pod) {
        String any = List.of("limits", "requests").stream()
                .map(kind ->
                        "(has(c.resources.%1$s) && c.resources.%1$s.exists(name, name in %2$s))".formatted(kind, names))
                .collect(Collectors.joining(" || "));
        return "(%1$s.containers + (has(%1$s.initContainers) ? %1$s.initContainers : [])).exists(c, has(c.resources) && (%2$s))"
                .formatted(pod, any);
    }

    private static String quoted(String name) {
        return '"' + name + '"';
    }
}
