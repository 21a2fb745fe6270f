package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.List;
import java.util.Optional;

/**
 * Facts about a GPU that do not change while the machine is up.
 *
 * @param uuid {@code GPU-…}
 * @param index NVML index, from 0
 * @param minor number of {@code /dev/nvidia<minor>}, from 0
 * @param model the name that NVML reports, for example {@code NVIDIA A100-SXM4-80GB}
 * @param memoryMiB total memory in MiB
 * @param numaNode NUMA node, from 0; 0 if the platform reports none
 * @param pciBusId {@code domain:bus:device.function}, for example {@code 00000000:0F:00.0}
 * @param pci identity of the board, for filters in configuration files
 * @param migSupport whether and how MIG mode can be switched on
 * @param profiles GPU instance profiles that the driver offers; while MIG mode is off too, if the driver reports them
 *     then
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

    /** Returns whether the board supports MIG. */
    public boolean migCapable() {
        return migSupport != MigSupport.NONE;
    }

    /** Returns the model as HAMi registers it, because users select by it: older boards and drivers omit the vendor. */
    public String registeredModel() {
        return model.startsWith("NVIDIA") ? model : "NVIDIA-" + model;
    }

    /** Returns what the board offers under this name, if anything. */
    public Optional<ProfileCapability> profile(MigProfile profile) {
        return profiles.stream().filter(p -> p.profile().equals(profile)).findFirst();
    }
}
