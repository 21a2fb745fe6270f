package io.migpool.contracts.request;

import java.util.List;

/**
 * Names of the resources in a container's limits; all configurable ({@code nvidia.resource…Name}).
 *
 * @param count number of GPUs or slices; the only one that the node advertises
 * @param memory memory per device
 * @param memoryPercentage memory per device in percent of a GPU
 * @param cores compute per device in percent of a GPU
 * @param priority priority inside one software-shared GPU, 0 is highest
 */
public record ResourceNames(String count, String memory, String memoryPercentage, String cores, String priority) {

    /** HAMi's names. */
    public static final ResourceNames DEFAULT = new ResourceNames(
            "nvidia.com/gpu",
            "nvidia.com/gpumem",
            "nvidia.com/gpumem-percentage",
            "nvidia.com/gpucores",
            "nvidia.com/priority");

    /** The names by which a pod is recognised as a GPU pod. */
    public List<String> requesting() {
        return List.of(count, memory, memoryPercentage, cores);
    }
}
