package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.List;

/**
 * How one GPU is.
 *
 * @param mode its MIG mode
 * @param instances what is cut from it
 * @param processes who uses it
 */
record GpuView(MigMode mode, List<GpuInstance> instances, List<GpuProcess> processes) {

    static GpuView read(GpuDriver driver, String gpuUuid) throws GpuException {
        return new GpuView(driver.migMode(gpuUuid), driver.instances(gpuUuid), driver.processes(gpuUuid));
    }

    /** The layout. */
    List<Piece> pieces() {
        return instances.stream().map(Piece::of).toList();
    }

    /** Who uses an instance. */
    List<Long> usersOf(GpuInstance instance) {
        return processes.stream()
                .filter(process -> process.uses(instance))
                .map(GpuProcess::pid)
                .toList();
    }
}
