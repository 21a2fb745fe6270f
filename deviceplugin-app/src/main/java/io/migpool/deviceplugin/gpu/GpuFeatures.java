package io.migpool.deviceplugin.gpu;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a GPU and its MIG devices have for programs to look at ({@code nvmlDeviceAttributes_t}); nothing is decided by it.
 *
 * @param computeCapability of the GPU; empty if the driver does not tell
 * @param pciClass class and subclass by which the PCI bus knows it, for example 0x0302; empty if the host does not tell
 * @param devices its MIG devices; those that the driver does not tell about are left out
 */
public record GpuFeatures(
        Optional<ComputeCapability> computeCapability, OptionalInt pciClass, List<DeviceFeatures> devices) {

    /** A display controller with which screens can be driven. */
    public static final int PCI_VGA_CONTROLLER = 0x0300;
    /** One without. */
    public static final int PCI_3D_CONTROLLER = 0x0302;

    public GpuFeatures {
        devices = List.copyOf(devices);
    }

    /** CUDA's version of what a GPU can do. */
    public record ComputeCapability(int major, int minor) {}

    /**
     * One MIG device.
     *
     * @param gpuInstanceId its GPU instance
     * @param computeInstanceId its compute instance
     * @param multiprocessors its own
     * @param engines shared with the other compute instances of its GPU instance
     * @param memoryMiB of its GPU instance, in MiB
     */
    public record DeviceFeatures(
            int gpuInstanceId, int computeInstanceId, int multiprocessors, Engines engines, long memoryMiB) {}

    /**
     * Engines by kind.
     *
     * @param copy copy engines
     * @param decoder NVDEC
     * @param encoder NVENC
     * @param jpeg NVJPG
     * @param ofa optical flow
     */
    public record Engines(int copy, int decoder, int encoder, int jpeg, int ofa) {}
}
