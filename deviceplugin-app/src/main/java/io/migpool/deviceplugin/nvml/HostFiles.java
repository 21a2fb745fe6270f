package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * What the kernel tells and the library does not.
 *
 * @param bootIdFile {@code /proc/sys/kernel/random/boot_id}
 * @param pciDevices {@code /sys/bus/pci/devices}
 */
record HostFiles(Path bootIdFile, Path pciDevices) {

    private static final System.Logger LOG = System.getLogger(HostFiles.class.getName());
    /** NVML writes PCI domains with eight digits, the kernel with four. */
    private static final int SURPLUS_DOMAIN_DIGITS = 4;
    /** A class as the kernel writes it ends in them. */
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
     * The NUMA node of a PCI slot. ({@code nvmlDeviceGetNumaNodeId} is another thing: the node that a GPU's own memory forms.)
     *
     * @return 0 where the platform has no nodes or does not tell
     */
    int numaNode(String pciBusId) {
        Path file = pciDevice(pciBusId).resolve("numa_node");
        try {
            return Math.max(0, Integer.parseInt(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException e) {
            LOG.log(System.Logger.Level.DEBUG, "No NUMA node of {0} in {1}: {2}", pciBusId, file, e);
            return 0;
        }
    }

    /** Class and subclass of what is in a PCI slot, for example 0x0302; empty where the kernel does not tell. */
    OptionalInt pciClass(String pciBusId) {
        Path file = pciDevice(pciBusId).resolve("class");
        try {
            return OptionalInt.of(Integer.decode(Files.readString(file).strip()) >> PROGRAMMING_INTERFACE_BITS);
        } catch (IOException | NumberFormatException e) {
            LOG.log(System.Logger.Level.DEBUG, "No class of {0} in {1}: {2}", pciBusId, file, e);
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
