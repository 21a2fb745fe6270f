package io.migpool.deviceplugin.sharing;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the processes of one container report about themselves, at one moment. The container writes it, so none of it
 * can be trusted.
 *
 * @param devices one for each GPU that the container sees, in the container's order
 * @param lastKernelSeconds when the last kernel was launched, in seconds since 1970; empty if there was none, or if the
 *     version does not record it
 */
public record SharedRegion(List<Device> devices, OptionalLong lastKernelSeconds) {

    public SharedRegion {
        devices = List.copyOf(devices);
    }

    /**
     * The data for turn-taking.
     *
     * @param recentKernel above zero if kernels were launched recently, negative while launching is blocked
     * @param utilizationSwitch zero if compute is not limited at present
     */
    record Turn(int recentKernel, int utilizationSwitch) {}

    /**
     * One GPU.
     *
     * @param gpuUuid the driver's name for it
     * @param limitBytes memory that the container may use
     * @param use total usage of its processes
     */
    public record Device(String gpuUuid, long limitBytes, Use use) {}

    /**
     * Usage of one GPU.
     *
     * @param contextBytes memory of CUDA contexts
     * @param moduleBytes memory of loaded code
     * @param bufferBytes allocated memory
     * @param offsetBytes other memory
     * @param totalBytes total memory
     * @param smPercent busy multiprocessors (0-100)
     */
    public record Use(
            long contextBytes, long moduleBytes, long bufferBytes, long offsetBytes, long totalBytes, long smPercent) {

        static final Use NONE = new Use(0, 0, 0, 0, 0, 0);

        Use plus(Use other) {
            return new Use(
                    contextBytes + other.contextBytes,
                    moduleBytes + other.moduleBytes,
                    bufferBytes + other.bufferBytes,
                    offsetBytes + other.offsetBytes,
                    totalBytes + other.totalBytes,
                    smPercent + other.smPercent);
        }
    }

    /** Returns the data about one GPU; empty if it is not listed. */
    public Optional<Device> of(String gpuUuid) {
        return devices.stream()
                .filter(device -> device.gpuUuid().equals(gpuUuid))
                .findFirst();
    }
}
