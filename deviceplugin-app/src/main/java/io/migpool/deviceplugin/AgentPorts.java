package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.time.SteadyClock;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;

/**
 * Everything the agent works with, except kubelet.
 *
 * @param driver the GPU driver; not closed by the agent
 * @param gpus the GPUs that the driver listed at first; more may come
 * @param cluster the API server; closed by the agent
 * @param wall wall-clock time, for timestamps that people read
 * @param clock steady time for waiting, unaffected by changes of the wall clock
 */
record AgentPorts(
        GpuDriver driver, List<GpuDescription> gpus, Cluster cluster, InstantSource wall, InstantSource clock) {

    private static final System.Logger LOG = System.getLogger(AgentPorts.class.getName());

    AgentPorts {
        gpus = List.copyOf(gpus);
    }

    /** Lists the driver's GPUs; none if that fails. */
    static AgentPorts of(GpuDriver driver, Cluster cluster, InstantSource wall) {
        return new AgentPorts(driver, listed(driver), cluster, wall, new SteadyClock(wall, System::nanoTime));
    }

    /** Returns the GPUs as the driver describes them now. Blocks for a driver call. */
    List<GpuDescription> gpusNow() {
        return listed(driver);
    }

    private static List<GpuDescription> listed(GpuDriver driver) {
        try {
            return driver.gpus();
        } catch (GpuException e) {
            LOG.log(Level.ERROR, "the GPUs cannot be listed", e);
            return List.of();
        }
    }
}
