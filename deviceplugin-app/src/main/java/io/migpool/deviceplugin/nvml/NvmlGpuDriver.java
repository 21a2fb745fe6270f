package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The port on real GPUs: finds the GPU that a call names and leaves the rest to it. */
final class NvmlGpuDriver implements GpuDriver {

    private static final String ALL_GPUS = "all GPUs";

    private final List<NvmlGpu> gpus;
    private final HostFiles host;
    private final Consumer<List<NvmlGpu>> whenClosed;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * A driver.
     *
     * @param gpus by index; none on a machine without
     * @param whenClosed run once when the driver is closed, to let go of the GPUs and the library
     */
    NvmlGpuDriver(List<NvmlGpu> gpus, HostFiles host, Consumer<List<NvmlGpu>> whenClosed) {
        this.gpus = List.copyOf(gpus);
        this.host = host;
        this.whenClosed = whenClosed;
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        requireOpen("gpus", ALL_GPUS);
        return gpus.stream().map(NvmlGpu::describe).toList();
    }

    @Override
    public String bootId() throws GpuException {
        requireOpen("bootId", ALL_GPUS);
        return host.bootId();
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        return gpu("migMode", gpuUuid).migMode();
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return gpu("enableMig", gpuUuid).enableMig();
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return gpu("instances", gpuUuid).instances();
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return gpu("createGpuInstance", gpuUuid).createGpuInstance(profile, placement);
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance) throws GpuException {
        return gpu("createComputeInstance", instance.gpuUuid()).createComputeInstance(instance);
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        gpu("destroyComputeInstance", instance.gpuUuid()).destroyComputeInstance(instance, computeInstance);
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        gpu("destroyGpuInstance", instance.gpuUuid()).destroyGpuInstance(instance);
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return gpu("processes", gpuUuid).processes();
    }

    private NvmlGpu gpu(String call, String gpuUuid) throws GpuException {
        requireOpen(call, gpuUuid);
        return gpus.stream()
                .filter(gpu -> gpu.uuid().equals(gpuUuid))
                .findFirst()
                .orElseThrow(() -> new GpuException(
                        GpuErrorCode.NOT_FOUND, call, gpuUuid, "this machine has no GPU of that UUID"));
    }

    private void requireOpen(String call, String gpuUuid) throws GpuException {
        if (closed.get()) {
            throw NativeLane.closed(call, gpuUuid);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            whenClosed.accept(gpus);
        }
    }
}
