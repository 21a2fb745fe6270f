package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Kernel files with facts that the library does not report.
 *
 * @param bootIdFile {@code /proc/sys/kernel/random/boot_id}
 * @param pciDevices {@code /sys/bus/pci/devices}
 */
record HostFiles(Path bootIdFile, Path pciDevices) {

    private static final System.Logger LOG = System.getLogger(HostFiles.class.getName());
    /** NVML writes PCI domains with eight digits, the kernel with four. */
    private static final int SURPLUS_DOMAIN_DIGITS = 4;
    /** The kernel's class value ends with these bits. */
    private static final int PROGRAMMING_INTERFACE_BITS = 8;

    String bootId() throws GpuException {
        try {
            String id = Files.readString(bootIdFile).strip();
            if (!id.isEmpty()) {
                return id;
            }
        } catch (IOException e) {
            throw new GpuException(GpuErrorCode.UNKNOWN, "bootId", "all GPUs", bootIdFile + " cannot be read", e);
        }
        throw new GpuException(GpuErrorCode.UNKNOWN, "bootId", "all GPUs", bootIdFile + " is empty");
    }

    /**
     * Returns the NUMA node of a PCI slot. ({@code nvmlDeviceGetNumaNodeId} is different: the node formed by a GPU's
     * own memory.)
     *
     * @return 0 if the platform has no NUMA nodes or does not report them
     */
    int numaNode(String pciBusId) {
        Path file = pciDevice(pciBusId).resolve("numa_node");
        try {
            return Math.max(0, Integer.parseInt(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException e) {
            LOG.log(Level.DEBUG, "No NUMA node of {0} in {1}: {2}", pciBusId, file, e);
            return 0;
        }
    }

    /**
     * Returns class and subclass of the device in a PCI slot, for example 0x0302; empty if the kernel does not report
     * them.
     */
    OptionalInt pciClass(String pciBusId) {
        Path file = pciDevice(pciBusId).resolve("class");
        try {
            return OptionalInt.of(Integer.decode(Files.readString(file).strip()) >> PROGRAMMING_INTERFACE_BITS);
        } catch (IOException | NumberFormatException e) {
            LOG.log(Level.DEBUG, "No class of {0} in {1}: {2}", pciBusId, file, e);
            return OptionalInt.empty();
        }
    }

    private Path pciDevice(String pciBusId) {
        String name = pciBusId.toLowerCase(Locale.ROOT);
        if (name.startsWith("0000") && name.indexOf(':') == 2 * SURPLUS_DOMAIN_DIGITS) {
            name = name.substring(SURPLUS_DOMAIN_DIGITS);
        }
        return pciDevices.resolve(name);
    }
}
