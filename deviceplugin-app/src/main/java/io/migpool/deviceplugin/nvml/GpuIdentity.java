package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * Facts about a GPU that are read when it is found.
 *
 * @param uuid {@code GPU-…}
 * @param index NVML index
 * @param minor number of its device node
 * @param model the name that NVML reports
 * @param memoryMiB total memory in MiB
 * @param numaNode NUMA node of its PCI slot, 0 if the machine has none
 * @param pciBusId {@code 00000000:0F:00.0}; used to find the GPU again
 * @param pci identity of the board
 * @param pciClass class and subclass of the board on its bus; empty if the kernel does not report it
 * @param migSupport whether and how it supports MIG
 * @param passedThrough whether the machine is a guest, so that only the host can reset it
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

    /**
     * Returns the identity of this GPU, which was not identified again, beside those that were: where one of them has
     * its index or minor number now, it gets one that nobody has, so that no call, setting or container meant for that
     * one reaches it.
     */
    GpuIdentity beside(Collection<GpuIdentity> others) {
        return new GpuIdentity(
                uuid,
                apart(index, others.stream().map(GpuIdentity::index).toList()),
                apart(minor, others.stream().map(GpuIdentity::minor).toList()),
                model,
                memoryMiB,
                numaNode,
                pciBusId,
                pci,
                pciClass,
                migSupport,
                passedThrough);
    }

    private static int apart(int own, List<Integer> others) {
        return others.contains(own) ? Collections.max(others) + 1 : own;
    }

    GpuDescription describe(List<ProfileCapability> profiles) {
        return new GpuDescription(uuid, index, minor, model, memoryMiB, numaNode, pciBusId, pci, migSupport, profiles);
    }
}
