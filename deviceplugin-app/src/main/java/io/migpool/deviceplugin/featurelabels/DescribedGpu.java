package io.migpool.deviceplugin.featurelabels;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import java.util.List;
import java.util.Optional;

/**
 * A GPU as labels describe it.
 *
 * @param gpu how it is cut
 * @param features the features of the GPU and its parts
 */
public record DescribedGpu(CutGpu gpu, GpuFeatures features) {

    /** Reads both. Blocks for driver calls. */
    public static DescribedGpu read(GpuDriver driver, GpuDescription board) throws GpuException {
        return new DescribedGpu(CutGpu.read(driver, board), driver.features(board.uuid()));
    }

    GpuDescription board() {
        return gpu.board();
    }

    boolean migEnabled() {
        return gpu.migEnabled();
    }

    List<Device> devices() {
        return gpu.devices().stream()
                .map(device -> new Device(
                        device,
                        features.devices().stream()
                                .filter(told -> told.gpuInstanceId()
                                                == device.instance().id()
                                        && told.computeInstanceId()
                                                == device.compute().id())
                                .findFirst()))
                .toList();
    }

    /**
     * A MIG device.
     *
     * @param features its features; empty if the driver does not report them
     */
    record Device(CutGpu.Device device, Optional<GpuFeatures.DeviceFeatures> features) {

        /** Returns the profile that names it. */
        MigProfile profile() {
            return device.profile();
        }

        /** Returns the number of slices of its GPU instance. */
        int instanceSlices() {
            return device.instance().profile().gpuSlices();
        }

        long memoryMiB() {
            MigProfile instance = device.instance().profile();
            return features.map(GpuFeatures.DeviceFeatures::memoryMiB).orElseGet(() -> device.board()
                    .profile(instance)
                    .map(ProfileCapability::memoryMiB)
                    .orElseGet(instance::nominalMemoryMiB));
        }
    }
}
