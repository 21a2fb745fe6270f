package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.List;

/**
 * A simulated machine at one moment.
 *
 * @param bootId identifies the present boot
 * @param gpus the GPUs, by index
 */
public record MachineSnapshot(String bootId, List<Gpu> gpus) {

    /**
     * One GPU.
     *
     * @param description its unchanging description
     * @param migMode its MIG mode; off on boards without MIG
     * @param lost whether it fell off the bus
     * @param instances its GPU instances, by id
     * @param processes the processes that the driver lists
     */
    public record Gpu(
            GpuDescription description,
            MigMode migMode,
            boolean lost,
            List<GpuInstance> instances,
            List<GpuProcess> processes) {

        public Gpu {
            instances = List.copyOf(instances);
            processes = List.copyOf(processes);
        }
    }

    public MachineSnapshot {
        gpus = List.copyOf(gpus);
    }
}
