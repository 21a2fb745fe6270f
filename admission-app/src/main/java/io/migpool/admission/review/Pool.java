package io.migpool.admission.review;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.QuotaLimits;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the cluster has at the moment of a review, as far as it is known.
 *
 * @param nodes how many GPUs of each kind a node has, one element per distinct combination; empty if no node is known
 * @param resources names of the extended resources that nodes have
 * @param quotas ResourceQuotas that limit GPUs, by namespace and then by name
 * @param largestMiB most memory that a GPU of any known board, present or not, could offer under the settings, in MiB
 */
public record Pool(
        Set<Map<GpuKind, Integer>> nodes,
        Set<String> resources,
        Map<String, Map<String, QuotaLimits>> quotas,
        long largestMiB) {

    /** Memory of the largest board that NVIDIA builds (B300 and GB300), in MiB. */
    public static final long LARGEST_BOARD_MIB = 288L * 1024;

    /** Nothing is known. */
    public static final Pool UNKNOWN = new Pool(Set.of(), Set.of(), Map.of(), LARGEST_BOARD_MIB);

    public Pool {
        nodes = Set.copyOf(nodes);
        resources = Set.copyOf(resources);
        quotas = Map.copyOf(quotas);
    }

    boolean isKnown() {
        return !nodes.isEmpty();
    }

    /** Returns the kinds of GPU in the cluster. */
    Stream<GpuKind> kinds() {
        return nodes.stream().flatMap(node -> node.keySet().stream()).distinct();
    }

    /**
     * Returns whether some node, if it were empty, would have room for all devices of the container on acceptable GPUs.
     * The devices of a container are all of one kind.
     */
    boolean hasNodeFor(ContainerGpuRequest request, Predicate<GpuKind> acceptable) {
        return nodes.stream()
                .flatMap(node -> node.entrySet().stream()
                        .filter(gpus -> acceptable.test(gpus.getKey()))
                        .collect(Collectors.groupingBy(
                                gpus -> gpus.getKey().mode(),
                                Collectors.summingLong(gpus ->
                                        (long) gpus.getValue() * gpus.getKey().capacity(request))))
                        .values()
                        .stream())
                .anyMatch(room -> room >= request.devices());
    }

    Map<String, QuotaLimits> quotasOf(String namespace) {
        return quotas.getOrDefault(namespace, Map.of());
    }
}
