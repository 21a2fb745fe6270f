package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.List;
import java.util.Optional;

/**
 * What does not change about a GPU while the machine is up.
 *
 * @param uuid {@code GPU-…}
 * @param index NVML index, from 0
 * @param minor number of {@code /dev/nvidia<minor>}, from 0
 * @param model the name that NVML reports, for example {@code NVIDIA A100-SXM4-80GB}
 * @param memoryMiB total memory in MiB
 * @param numaNode NUMA node, from 0; 0 where the platform reports none
 * @param pciBusId {@code domain:bus:device.function}, for example {@code 00000000:0F:00.0}
 * @param pci what the board is, for filters of configuration files
 * @param migSupport whether and how MIG mode can be switched on
 * @param profiles GPU instance profiles that the driver offers; also while MIG mode is off, if the driver tells then
 */
public record GpuDescription(
        String uuid,
        int index,
        int minor,
        String model,
        long memoryMiB,
        int numaNode,
        String pciBusId,
        PciIdentity pci,
        MigSupport migSupport,
        List<ProfileCapability> profiles) {

    public GpuDescription {
        if (uuid.isBlank() || index < 0 || minor < 0 || memoryMiB < 0 || numaNode < 0) {
            throw new IllegalArgumentException(
                    "GPU '%s': index %d, minor %d, memory %d MiB, NUMA node %d; a UUID is needed and no number may be negative"
                            .formatted(uuid, index, minor, memoryMiB, numaNode));
        }
        profiles = List.copyOf(profiles);
    }

    /** Whether the board can be cut at all. */
    public boolean migCapable() {
        return migSupport != MigSupport.NONE;
    }

    /** The model as HAMi registers it, whose users choose by it: older boards, and older drivers, leave out who made them. */
    public String registeredModel() {
        return model.startsWith("NVIDIA") ? model : "NVIDIA-" + model;
    }

    /** What the board offers under that name, if anything. */
    public Optional<ProfileCapability> profile(MigProfile profile) {
        return profiles.stream().filter(p -> p.profile().equals(profile)).findFirst();
    }
}
