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
 * What the agent stands between, but for kubelet.
 *
 * @param driver of the GPUs; closed by who opened it
 * @param gpus those that the driver listed when it was asked first: an agent knows one set of GPUs for its life
 * @param cluster closed by the agent
 * @param wall what time it is to those who read it
 * @param clock by which is waited, however the wall clock is set
 */
record AgentPorts(
        GpuDriver driver, List<GpuDescription> gpus, Cluster cluster, InstantSource wall, InstantSource clock) {

    private static final System.Logger LOG = System.getLogger(AgentPorts.class.getName());

    AgentPorts {
        gpus = List.copyOf(gpus);
    }

    /** Asks the driver which GPUs there are; none, if it does not tell. */
    static AgentPorts of(GpuDriver driver, Cluster cluster, InstantSource wall) {
        return new AgentPorts(driver, listed(driver), cluster, wall, new SteadyClock(wall, System::nanoTime));
    }

    /** The GPUs as they are described now. Blocks for a driver call. */
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
