package io.migpool.config;

import java.util.List;

/**
 * GPUs of one node that stay out of the pool ({@code filterdevices}).
 *
 * @param uuid {@code GPU-…} of GPUs to leave alone
 * @param index NVML indices of GPUs to leave alone, from 0
 */
public record FilterDevices(List<String> uuid, List<Integer> index) {

    /** Keeps no GPU out. */
    public static final FilterDevices NONE = new FilterDevices(List.of(), List.of());

    public FilterDevices {
        uuid = List.copyOf(uuid);
        index = List.copyOf(index);
    }

    /** Returns whether this GPU stays out of the pool. */
    public boolean excludes(String gpuUuid, int gpuIndex) {
        return uuid.contains(gpuUuid) || index.contains(gpuIndex);
    }
}
