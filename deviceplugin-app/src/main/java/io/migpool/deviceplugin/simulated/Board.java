package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import java.util.Optional;

/**
 * A board model.
 *
 * @param model the name that NVML reports
 * @param pci its identity in PCI configuration space
 * @param computeCapability its CUDA compute capability
 * @param memoryMiB total memory in MiB
 * @param migSupport whether and how MIG mode can be switched on
 * @param profiles profiles that it offers; empty if it has no MIG
 */
record Board(
        String model,
        PciIdentity pci,
        GpuFeatures.ComputeCapability computeCapability,
        long memoryMiB,
        MigSupport migSupport,
        List<Profile> profiles) {

    /**
     * A GPU instance profile of a board.
     *
     * @param capability what the driver reports
     * @param multiprocessors multiprocessors of one instance
     * @param copyEngines copy engines of one instance
     * @param engines media engines that one instance takes
     */
    record Profile(ProfileCapability capability, int multiprocessors, int copyEngines, MediaEngines engines) {

        /** Returns the features of a MIG device with this many slices. */
        GpuFeatures.DeviceFeatures features(int instanceId, int computeId, int slices) {
            return new GpuFeatures.DeviceFeatures(
                    instanceId,
                    computeId,
                    multiprocessors * slices / capability.sliceCount(),
                    allEngines(),
                    capability.memoryMiB());
        }

        GpuFeatures.Engines allEngines() {
            return new GpuFeatures.Engines(
                    copyEngines, engines.decoders(), engines.encoders(), engines.jpegs(), engines.opticalFlows());
        }
    }

    private static final int GPUS_PER_PCI_SWITCH = 4;

    Board {
        profiles = List.copyOf(profiles);
    }

    Optional<Profile> profile(MigProfile name) {
        return profiles.stream()
                .filter(p -> p.capability().profile().equals(name))
                .findFirst();
    }

    /** Returns the number of placement units; 0 without MIG. */
    int units() {
        return profiles.stream()
                .flatMap(p -> p.capability().placements().stream())
                .mapToInt(Placement::end)
                .max()
                .orElse(0);
    }

    /** Returns all media engines, which the full-size profile has. */
    MediaEngines engines() {
        return profiles.stream().map(Profile::engines).reduce(MediaEngines.NONE, MediaEngines::max);
    }

    /** Returns the description of such a board in a machine; every four GPUs share a NUMA node. */
    GpuDescription describe(String uuid, int index) {
        return new GpuDescription(
                uuid,
                index,
                index,
                model,
                memoryMiB,
                index / GPUS_PER_PCI_SWITCH,
                "00000000:%02X:00.0".formatted(index + 1),
                pci,
                migSupport,
                profiles.stream().map(Profile::capability).toList());
    }
}
