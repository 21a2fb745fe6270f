package io.migpool.deviceplugin.gpu;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Usage of a GPU and its MIG devices at one moment.
 *
 * @param memory memory of the GPU as a whole; empty if it has none of its own, as on boards that share the host's
 * @param computePercent share of recent time in which it was computing, 0 to 100; empty if the driver does not report
 *     it, as while MIG mode is on
 * @param memoryAccessPercent share of recent time in which its memory was read or written, 0 to 100; empty likewise
 * @param instances its MIG devices
 */
public record GpuUsage(
        Optional<MemoryUse> memory,
        OptionalDouble computePercent,
        OptionalDouble memoryAccessPercent,
        List<InstanceUsage> instances) {

    public GpuUsage {
        instances = List.copyOf(instances);
    }

    /**
     * Device memory.
     *
     * @param usedBytes used memory in bytes, including what the driver reserves
     * @param totalBytes total memory in bytes
     */
    public record MemoryUse(long usedBytes, long totalBytes) {}

    /**
     * One MIG device.
     *
     * @param memory memory of the GPU instance
     * @param smPercent share of its multiprocessors that was busy since the last call, 0 to 100; empty if the board
     *     does not measure it, and at the first call
     * @param memoryBandwidthPercent share of its memory bandwidth that was used in that time, 0 to 100; empty likewise
     */
    public record InstanceUsage(
            int gpuInstanceId,
            int computeInstanceId,
            MemoryUse memory,
            OptionalDouble smPercent,
            OptionalDouble memoryBandwidthPercent) {}
}
