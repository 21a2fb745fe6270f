package io.migpool.deviceplugin.gpu;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a GPU and its MIG devices use at one moment.
 *
 * @param memory of the GPU as a whole
 * @param computePercent share of the last moments in which it computed, 0 to 100; empty where the driver does not tell, as while
 *     MIG mode is on
 * @param memoryAccessPercent share of the last moments in which its memory was read or written, 0 to 100; empty likewise
 * @param instances its MIG devices
 */
public record GpuUsage(
        MemoryUse memory,
        OptionalDouble computePercent,
        OptionalDouble memoryAccessPercent,
        List<InstanceUsage> instances) {

    public GpuUsage {
        instances = List.copyOf(instances);
    }

    /**
     * Device memory.
     *
     * @param usedBytes what is taken, in bytes, what the driver keeps for itself included
     * @param totalBytes all there is, in bytes
     */
    public record MemoryUse(long usedBytes, long totalBytes) {}

    /**
     * One MIG device.
     *
     * @param gpuInstanceId its GPU instance
     * @param computeInstanceId its compute instance
     * @param memory of the GPU instance
     * @param smPercent share of its multiprocessors that was busy since it was asked last, 0 to 100; empty where the board does
     *     not count it, and when it is asked for the first time
     * @param memoryBandwidthPercent share of its memory bandwidth that was used since then, 0 to 100; empty likewise
     */
    public record InstanceUsage(
            int gpuInstanceId,
            int computeInstanceId,
            MemoryUse memory,
            OptionalDouble smPercent,
            OptionalDouble memoryBandwidthPercent) {}
}
