package io.migpool.extender.reservation;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.pool.ReasonCode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Builds texts about pods that no node takes. */
final class RefusalTexts {

    /** The rarest reasons are omitted, so that an Event has room for the remedy. */
    private static final int MOST_REASONS = 8;

    private RefusalTexts() {}

    /**
     * A text like the scheduler's own: {@code 0/3 nodes take the pod: 2 no free MIG slice for …, 1 node is not Ready; …}.
     *
     * @param refused why, by node
     * @param closest the reason of the node that came closest; the text ends with the remedy for it
     */
    static String summary(Map<String, String> refused, ReasonCode closest) {
        List<Map.Entry<String, Long>> reasons = refused.values().stream()
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
                .entrySet()
                .stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
        String told = reasons.stream()
                .limit(MOST_REASONS)
                .map(reason -> reason.getValue() + " " + reason.getKey())
                .collect(Collectors.joining(", "));
        long others = reasons.stream()
                .skip(MOST_REASONS)
                .mapToLong(Map.Entry::getValue)
                .sum();
        return "0/%d nodes take the pod: %s%s%s"
                .formatted(
                        refused.size(),
                        told,
                        others == 0 ? "" : ", %d for other reasons".formatted(others),
                        remedy(closest));
    }

    private static String remedy(ReasonCode closest) {
        return switch (closest) {
            // Their texts name the remedy.
            case MISUNDERSTOOD, NOT_REGISTERED, NODE_NOT_SERVING, NO_WHOLE_GPU, NO_PROFILE -> "";
            case NODE_NOT_READY -> "; see the node's conditions";
            case UNHEALTHY -> "; see the node's Events";
            case CORDONED ->
                "; the node's annotation " + Annotations.DEVICE_CORDON + " lists the GPUs that are out of use";
            case MODE ->
                "; change the mode of GPUs, or the pod's annotation " + Annotations.VGPU_MODE + " if it has one";
            case TYPE, UUID -> "; change what the pod's annotations ask for";
            case TOO_LARGE -> "; ask for less, or for more, smaller devices";
            case TOO_FEW_GPUS -> "; ask for fewer GPUs in one container";
            case OUT_OF_USE -> "; put GPUs that are cordoned or unhealthy back into use, or ask for fewer devices";
            case SLOTS, MEMORY, CORES, NO_SLICE -> "; wait until pods end, ask for less, or add GPUs";
            case EXCLUSIVE -> "; wait until a GPU is unused, or do without exclusive use";
            case GEOMETRY -> "; wait until pods end, or add a geometry to knownMigGeometries";
            case FRAGMENTED -> "; wait until a neighbour ends, or see in /explain which pods would have to move";
            case ARRANGEMENT -> "; wait until pods end, or remove the annotation";
            case NOT_TOGETHER -> "; wait until pods end, ask for fewer devices, or use several pods";
            case SEARCH_LIMIT -> "; ask for fewer devices, or use several pods";
            case QUOTA -> "; wait until pods of the namespace end, or raise its quota";
        };
    }

    /** kubelet counts only the count resource, so a pod that does not request it would take a slice unknown to kubelet. */
    static String countMissing(PodGpuRequest request) {
        String container = request.containers().stream()
                .filter(ContainerGpuRequest::countDefaulted)
                .map(ContainerGpuRequest::container)
                .findFirst()
                .orElse("");
        return "container %s asks for GPU memory or cores but not for a number of GPUs: add the count resource, or check that the admission webhook runs"
                .formatted(container);
    }
}
