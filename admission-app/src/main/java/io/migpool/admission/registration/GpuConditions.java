package io.migpool.admission.registration;

import io.migpool.contracts.request.ResourceNames;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Conditions of webhooks in the Common Expression Language: who names a GPU resource. They stand in the manifests with the
 * usual resource names, so that nobody is asked for too much before we run.
 *
 * @param names quoted names of the resources
 */
record GpuConditions(String names) {

    static GpuConditions of(ResourceNames resources) {
        return new GpuConditions(
                resources.requesting().stream().map(GpuConditions::quoted).collect(Collectors.joining(", ", "[", "]")));
    }

    /** A pod with a container that names one. */
    String gpuPod() {
        return gpuPod("object.spec");
    }

    /** A pod without such a container. */
    String otherPod() {
        return "!(" + gpuPod() + ")";
    }

    /** Something that creates pods with such a container. */
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
