package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.MigSupport;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the identity of every GPU when the driver is opened.
 *
 * @param nvml the library
 * @param host what the kernel tells
 */
record GpuSurvey(Nvml nvml, HostFiles host) {

    private static final System.Logger LOG = System.getLogger(GpuSurvey.class.getName());

    /** Those that can be identified; one that cannot, because it is lost or refused to us, does not hide the others. */
    List<GpuIdentity> identify() throws NvmlException {
        int count = nvml.deviceCount();
        List<GpuIdentity> found = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            try {
                found.add(identify(index));
            } catch (NvmlException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "GPU {0} is left out, {1}; restart the agent once it is repaired",
                        index,
                        e.getMessage());
            }
        }
        return found;
    }

    private GpuIdentity identify(int index) throws NvmlException {
        Handle.Device device = nvml.deviceByIndex(index);
        String pciBusId = nvml.pciBusId(device);
        MigSupport support = nvml.migSupport(device);
        return new GpuIdentity(
                nvml.uuid(device),
                index,
                nvml.minorNumber(device),
                nvml.name(device),
                nvml.totalMemoryMiB(device),
                host.numaNode(pciBusId),
                pciBusId,
                nvml.pciIdentity(device),
                host.pciClass(pciBusId),
                support,
                nvml.virtualization(device) == Nvml.Virtualization.PASSED_THROUGH);
    }
}
