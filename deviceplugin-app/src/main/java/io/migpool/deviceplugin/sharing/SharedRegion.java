package io.migpool.deviceplugin.sharing;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the processes of one container say about themselves, at one moment. Written by whoever runs there, so nothing in it is
 * more than a claim.
 *
 * @param devices one for each GPU that the container sees, in its order
 * @param lastKernelSeconds when the last kernel was launched, in seconds since 1970; empty if none was, and of versions that do
 *     not note it
 */
public record SharedRegion(List<Device> devices, OptionalLong lastKernelSeconds) {

    public SharedRegion {
        devices = List.copyOf(devices);
    }

    /**
     * What says whose turn it is.
     *
     * @param priority 0 is highest
     * @param recentKernel above zero if kernels were launched lately, negative while none may be
     * @param utilizationSwitch zero if compute is not limited at present
     */
    record Turn(int priority, int recentKernel, int utilizationSwitch) {}

    /**
     * One GPU.
     *
     * @param gpuUuid the driver's name for it
     * @param limitBytes memory that the container may use
     * @param use what its processes use, summed
     */
    public record Device(String gpuUuid, long limitBytes, Use use) {}

    /**
     * What processes use of one GPU.
     *
     * @param contextBytes memory of CUDA contexts
     * @param moduleBytes memory of loaded code
     * @param bufferBytes memory that was allocated
     * @param offsetBytes memory that is none of these
     * @param totalBytes memory in all
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

    /** What it says about one GPU; empty if it does not name that. */
    public Optional<Device> of(String gpuUuid) {
        return devices.stream()
                .filter(device -> device.gpuUuid().equals(gpuUuid))
                .findFirst();
    }
}
