package io.migpool.deviceplugin.gpu;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Features of a GPU and its MIG devices ({@code nvmlDeviceAttributes_t}), for information only.
 *
 * @param computeCapability compute capability of the GPU; empty if the driver does not report it
 * @param pciClass PCI class and subclass, for example 0x0302; empty if the host does not report them
 * @param devices its MIG devices, except those that the driver does not report
 */
public record GpuFeatures(
        Optional<ComputeCapability> computeCapability, OptionalInt pciClass, List<DeviceFeatures> devices) {

    /** A display controller that can drive screens. */
    public static final int PCI_VGA_CONTROLLER = 0x0300;
    /** A controller that cannot drive screens. */
    public static final int PCI_3D_CONTROLLER = 0x0302;

    public GpuFeatures {
        devices = List.copyOf(devices);
    }

    /** CUDA's compute capability of a GPU. */
    public record ComputeCapability(int major, int minor) {}

    /**
     * One MIG device.
     *
     * @param multiprocessors number of its multiprocessors
     * @param engines engines that it shares with the other compute instances of its GPU instance
     * @param memoryMiB memory of its GPU instance, in MiB
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
