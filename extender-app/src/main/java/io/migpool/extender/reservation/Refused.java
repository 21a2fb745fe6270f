package io.migpool.extender.reservation;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.PodGpuRequest;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Texts about pods that no node takes. */
final class Refused {

    private Refused() {}

    /** Like the scheduler's own text: {@code 0/3 nodes take the pod: 2 no free MIG slice for …, 1 node is not Ready}. */
    static String summary(Map<String, String> refused) {
        return "0/%d nodes take the pod: %s"
                .formatted(
                        refused.size(),
                        refused.values().stream()
                                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
                                .entrySet()
                                .stream()
                                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                                        .thenComparing(Map.Entry.comparingByKey()))
                                .map(entry -> entry.getValue() + " " + entry.getKey())
                                .collect(Collectors.joining(", ")));
    }

    /** The kubelet counts only the count resource, so a pod that does not name it would take a slice kubelet knows nothing of. */
    static String countMissing(PodGpuRequest request) {
        String container = request.containers().stream()
                .filter(ContainerGpuRequest::countDefaulted)
                .map(ContainerGpuRequest::container)
                .findFirst()
                .orElse("");
        return "container %s asks for GPU memory or cores but names no number of GPUs: add the count resource, or check that the admission webhook runs"
                .formatted(container);
    }
}
