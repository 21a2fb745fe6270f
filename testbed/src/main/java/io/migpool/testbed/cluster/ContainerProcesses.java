package io.migpool.testbed.cluster;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.kubelet.ContainerRuntimeListener;
import io.migpool.testbed.kubelet.RunningContainer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives every running container one process that holds all GPU devices that the container sees, as a CUDA program
 * would. Reports devices that do not exist: the container was then started with a stale identity.
 */
final class ContainerProcesses implements ContainerRuntimeListener {

    private static final System.Logger LOG = System.getLogger(ContainerProcesses.class.getName());
    private static final long MEMORY_MIB = 512;
    private static final long FIRST_PID = 1000;

    private final SimulatedMachine machine;
    private final NvidiaRuntime runtime;
    private final AtomicLong nextPid = new AtomicLong(FIRST_PID);
    private final Map<String, Long> pids = new ConcurrentHashMap<>();

    ContainerProcesses(SimulatedMachine machine, NvidiaRuntime runtime) {
        this.machine = machine;
        this.runtime = runtime;
    }

    @Override
    public void started(RunningContainer container) {
        long pid = nextPid.getAndIncrement();
        pids.put(container.containerId(), pid);
        for (String device : runtime.visibleDevices(container)) {
            try {
                machine.startProcess(device, pid, MEMORY_MIB);
            } catch (GpuException e) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "container {0} of pod {1} sees {2}, which does not exist: {3}",
                        container.container(),
                        container.pod(),
                        device,
                        e.getMessage());
            }
        }
    }

    @Override
    public void stopped(RunningContainer container) {
        Long pid = pids.remove(container.containerId());
        if (pid == null) {
            return;
        }
        try {
            machine.endProcess(pid);
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.ERROR, "process {0} cannot be ended: {1}", pid, e.getMessage());
        }
    }
}
