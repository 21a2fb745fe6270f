package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout of a machine's GPUs at one moment, with the place of each instance, to go back to.
 *
 * @param gpus the GPUs with MIG, by index
 */
public record LayoutSnapshot(List<Gpu> gpus) {

    /**
     * The layout of one GPU.
     *
     * @param uuid NVML UUID
     * @param migEnabled whether MIG mode was on
     */
    public record Gpu(String uuid, boolean migEnabled, List<LaidInstance> instances) {

        public Gpu {
            if (!migEnabled && !instances.isEmpty()) {
                throw new IllegalArgumentException(uuid + " has instances with MIG mode off; only one of them can be");
            }
            instances = List.copyOf(instances);
        }
    }

    public LayoutSnapshot {
        gpus = List.copyOf(gpus);
        long distinct = gpus.stream().map(Gpu::uuid).distinct().count();
        if (distinct < gpus.size()) {
            throw new IllegalArgumentException("a GPU is named twice; each may be named only once");
        }
    }

    /**
     * Returns a snapshot of the present layout.
     *
     * @throws GpuException if a GPU cannot be read
     */
    public static LayoutSnapshot of(GpuDriver driver) throws GpuException {
        List<Gpu> gpus = new ArrayList<>();
        for (GpuDescription gpu : driver.gpus()) {
            if (gpu.migCapable()) {
                GpuLayout present = GpuLayout.read(driver, gpu.uuid(), List.of());
                gpus.add(new Gpu(gpu.uuid(), present.mode().enabled(), present.laidInstances()));
            }
        }
        return new LayoutSnapshot(gpus);
    }
}
