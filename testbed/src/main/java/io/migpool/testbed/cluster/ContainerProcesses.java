package io.migpool.testbed.cluster;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.kubelet.ContainerRuntimeListener;
import io.migpool.testbed.kubelet.RunningContainer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Every running container has one process that holds all the GPU devices that the container sees, as a CUDA program would.
 * A device that does not exist is reported: the container was started with a stale identity.
 */
final class ContainerProcesses implements ContainerRuntimeListener {

    private static final System.Logger LOG = System.getLogger(ContainerProcesses.class.getName());
    private static final String VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES";
    private static final long MEMORY_MIB = 512;
    private static final long FIRST_PID = 1000;

    private final SimulatedMachine machine;
    private final AtomicLong nextPid = new AtomicLong(FIRST_PID);
    private final Map<String, Long> pids = new ConcurrentHashMap<>();

    ContainerProcesses(SimulatedMachine machine) {
        this.machine = machine;
    }

    static List<String> visibleDevices(RunningContainer container) {
        String devices = container.environment().getOrDefault(VISIBLE_DEVICES, "");
        return devices.isEmpty() || devices.equals("none") ? List.of() : List.of(devices.split(",", -1));
    }

    @Override
    public void started(RunningContainer container) {
        long pid = nextPid.getAndIncrement();
        pids.put(container.containerId(), pid);
        for (String device : visibleDevices(container)) {
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
