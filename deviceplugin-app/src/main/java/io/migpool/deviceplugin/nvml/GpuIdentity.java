package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import java.util.OptionalInt;

/**
 * What is read about a GPU once, when the driver is opened.
 *
 * @param uuid {@code GPU-…}
 * @param index NVML index
 * @param minor number of its device node
 * @param model the name that NVML reports
 * @param memoryMiB total memory in MiB
 * @param numaNode NUMA node of its PCI slot, 0 if the machine has none
 * @param pciBusId {@code 00000000:0F:00.0}; finds it again
 * @param pci what the board is
 * @param pciClass class and subclass of the board on its bus; empty if the kernel does not tell
 * @param migSupport whether and how it can be cut
 * @param passedThrough whether it belongs to a host, which alone can reset it
 */
record GpuIdentity(
        String uuid,
        int index,
        int minor,
        String model,
        long memoryMiB,
        int numaNode,
        String pciBusId,
        PciIdentity pci,
        OptionalInt pciClass,
        MigSupport migSupport,
        boolean passedThrough) {

    GpuDescription describe(List<ProfileCapability> profiles) {
        return new GpuDescription(uuid, index, minor, model, memoryMiB, numaNode, pciBusId, pci, migSupport, profiles);
    }
}
