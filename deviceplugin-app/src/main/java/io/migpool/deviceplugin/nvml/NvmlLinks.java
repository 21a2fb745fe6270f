package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.PciePath;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the GPUs of a machine are connected, pair by pair. A GPU that does not respond hides only its own pairs.
 *
 * @param gpus by index
 */
record NvmlLinks(List<NvmlGpu> gpus) {

    private static final System.Logger LOG = System.getLogger(NvmlLinks.class.getName());
    private static final String CALL = "links";

    /** A responding GPU. */
    private record Linked(NvmlGpu gpu, LinkEnds ends) {}

    List<GpuLink> read() {
        List<Linked> present = new ArrayList<>();
        for (NvmlGpu gpu : gpus) {
            if (gpu.hangs()) {
                continue;
            }
            try {
                present.add(new Linked(gpu, gpu.read(CALL, device -> gpu.links().ends(device))));
            } catch (GpuException e) {
                LOG.log(Level.WARNING, "how a GPU is linked cannot be read: {0}", e.getMessage());
            }
        }
        List<GpuLink> links = new ArrayList<>();
        for (int i = 0; i < present.size(); i++) {
            for (Linked peer : present.subList(i + 1, present.size())) {
                Linked one = present.get(i);
                links.add(new GpuLink(
                        one.gpu().uuid(), peer.gpu().uuid(), path(one.gpu(), peer.gpu()), nvLinks(one, peer)));
            }
        }
        return links;
    }

    private static PciePath path(NvmlGpu gpu, NvmlGpu peer) {
        if (gpu.hangs()) {
            return PciePath.UNKNOWN;
        }
        try {
            return gpu.read(CALL, device -> gpu.links().path(device, gpu.nvml().deviceByPciBusId(peer.pciBusId())));
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "the link between two GPUs cannot be read", e);
            return PciePath.UNKNOWN;
        }
    }

    /** Counts the links on which both ends agree. */
    private static int nvLinks(Linked one, Linked peer) {
        int direct = Math.min(to(peer.gpu(), one.ends()), to(one.gpu(), peer.ends()));
        return direct + Math.min(one.ends().toSwitches(), peer.ends().toSwitches());
    }

    private static int to(NvmlGpu gpu, LinkEnds ends) {
        return ends.toGpus().getOrDefault(gpu.pciBusId().toUpperCase(Locale.ROOT), 0);
    }
}
