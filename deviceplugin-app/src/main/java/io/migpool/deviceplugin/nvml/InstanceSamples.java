package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.nvml.GpmCalls.Rates;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * The latest sample of each GPU instance, for comparison with the next one. When an instance is gone its sample is
 * dropped, because another instance with the same id must not be compared with it. Used on the GPU's thread for
 * reading.
 */
final class InstanceSamples {

    private static final System.Logger LOG = System.getLogger(InstanceSamples.class.getName());

    private final GpmCalls gpm;
    private final Map<Integer, Taken> latest = new HashMap<>();

    /** A sample, and the generation of the instance to which it belongs. */
    private record Taken(Handle.Sample sample, long generation) {}

    InstanceSamples(GpmCalls gpm) {
        this.gpm = gpm;
    }

    /**
     * Returns the instance's utilisation since the last call.
     *
     * @param generation changes when another instance may have got the id
     */
    Rates next(Handle.Device gpu, int gpuInstanceId, long generation) {
        try {
            Handle.Sample now = gpm.sample(gpu, gpuInstanceId);
            Taken before = latest.put(gpuInstanceId, new Taken(now, generation));
            if (before == null) {
                return Rates.UNKNOWN;
            }
            try {
                return before.generation == generation ? gpm.between(before.sample, now) : Rates.UNKNOWN;
            } finally {
                gpm.free(before.sample);
            }
        } catch (NvmlException e) {
            LOG.log(Level.DEBUG, "the counters of an instance cannot be read", e);
            return Rates.UNKNOWN;
        }
    }

    /** Drops the samples of instances that no longer exist. */
    void keep(Set<Integer> gpuInstanceIds) {
        Iterator<Map.Entry<Integer, Taken>> all = latest.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Integer, Taken> entry = all.next();
            if (!gpuInstanceIds.contains(entry.getKey())) {
                all.remove();
                try {
                    gpm.free(entry.getValue().sample());
                } catch (NvmlException e) {
                    LOG.log(Level.DEBUG, "a sample cannot be freed", e);
                }
            }
        }
    }
}
