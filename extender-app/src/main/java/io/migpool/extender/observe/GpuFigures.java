package io.migpool.extender.observe;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.NodeView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Allocations on every GPU, under HAMi's metric names; {@code cmd/scheduler/metrics.go} is the contract. */
final class GpuFigures implements FigureSource {

    private static final double BYTES_PER_MIB = 1 << 20;
    private static final String ALLOCATED = "Memory allocated to pods on the GPU";

    /** A GPU with the labels that most metrics share. */
    private record Gpu(String node, GpuView view, LabelText device, LabelText legacyDevice) {

        static Gpu of(String node, GpuView view) {
            GpuInventory gpu = view.inventory();
            return new Gpu(
                    node,
                    view,
                    LabelText.of(
                            "device_index", gpu.index(),
                            "device_type", gpu.model(),
                            "device_uuid", gpu.uuid(),
                            "node", node,
                            "zone", ZONE),
                    LabelText.of(
                            "deviceidx", gpu.index(),
                            "devicetype", gpu.model(),
                            "deviceuuid", gpu.uuid(),
                            "nodeid", node,
                            "zone", ZONE));
        }

        LabelText withCores() {
            return LabelText.of(
                    "device_cores", view.usedCores(),
                    "device_index", view.inventory().index(),
                    "device_type", view.inventory().model(),
                    "device_uuid", view.inventory().uuid(),
                    "node", node,
                    "zone", ZONE);
        }

        LabelText legacyWithCores() {
            return LabelText.of(
                    "devicecores", view.usedCores(),
                    "deviceidx", view.inventory().index(),
                    "devicetype", view.inventory().model(),
                    "deviceuuid", view.inventory().uuid(),
                    "nodeid", node,
                    "zone", ZONE);
        }

        LabelText withSize() {
            return LabelText.of(
                    "device_cores", view.usedCores(),
                    "device_index", view.inventory().index(),
                    "device_memory_limit", view.inventory().memoryMiB(),
                    "device_type", view.inventory().model(),
                    "device_uuid", view.inventory().uuid(),
                    "node", node,
                    "zone", ZONE);
        }

        LabelText legacyWithSize() {
            return LabelText.of(
                    "devicecores", view.usedCores(),
                    "deviceidx", view.inventory().index(),
                    "devicememorylimit", view.inventory().memoryMiB(),
                    "devicetype", view.inventory().model(),
                    "deviceuuid", view.inventory().uuid(),
                    "nodeid", node,
                    "zone", ZONE);
        }

        LabelText legacyWithoutType() {
            return LabelText.of(
                    "deviceidx",
                    view.inventory().index(),
                    "deviceuuid",
                    view.inventory().uuid(),
                    "nodeid",
                    node,
                    "zone",
                    ZONE);
        }
    }

    private record Figure(
            String name,
            String legacyName,
            String help,
            Function<Gpu, LabelText> labels,
            Function<Gpu, LabelText> legacyLabels,
            ToDoubleFunction<GpuView> value) {

        Figure(String name, String legacyName, String help, ToDoubleFunction<GpuView> value) {
            this(name, legacyName, help, Gpu::device, Gpu::legacyDevice, value);
        }
    }

    private static final List<Figure> FIGURES = List.of(
            new Figure(
                    "hami_gpu_memory_limit_bytes",
                    "GPUDeviceMemoryLimit",
                    "Memory that can be allocated to pods on the GPU",
                    gpu -> gpu.inventory().memoryMiB() * BYTES_PER_MIB),
            new Figure(
                    "hami_gpu_core_limit_ratio",
                    "GPUDeviceCoreLimit",
                    "Compute that can be allocated to pods on the GPU, in percent",
                    gpu -> gpu.inventory().corePercent()),
            new Figure(
                    "hami_gpu_memory_allocated_bytes",
                    "GPUDeviceMemoryAllocated",
                    ALLOCATED,
                    Gpu::withCores,
                    Gpu::legacyWithCores,
                    GpuFigures::allocated),
            new Figure(
                    "hami_gpu_shared_count", "GPUDeviceSharedNum", "Devices of containers on the GPU", GpuView::users),
            new Figure(
                    "hami_gpu_core_allocated_ratio",
                    "GPUDeviceCoreAllocated",
                    "Compute allocated to pods on the GPU, in percent",
                    GpuView::usedCores),
            new Figure(
                    "hami_node_gpu_overview",
                    "nodeGPUOverview",
                    ALLOCATED + ", with its size and compute as labels",
                    Gpu::withSize,
                    Gpu::legacyWithSize,
                    GpuFigures::allocated),
            new Figure(
                    "hami_node_gpu_memory_allocated_ratio",
                    "nodeGPUMemoryPercentage",
                    "Share of the GPU memory that is allocated to pods",
                    Gpu::device,
                    Gpu::legacyWithoutType,
                    GpuFigures::allocatedPart));

    private final boolean legacy;

    /** @param legacy whether HAMi's names before 2.9 are written too */
    GpuFigures(boolean legacy) {
        this.legacy = legacy;
    }

    private static double allocated(GpuView gpu) {
        return gpu.usedMemoryMiB() * BYTES_PER_MIB;
    }

    /** Returns NaN if the size of the GPU's memory is not known. */
    private static double allocatedPart(GpuView gpu) {
        long memoryMiB = gpu.inventory().memoryMiB();
        return memoryMiB == 0 ? Double.NaN : (double) gpu.usedMemoryMiB() / memoryMiB;
    }

    @Override
    public void writeTo(GaugeText text, List<NodeView> nodes) throws IOException {
        List<Gpu> gpus = new ArrayList<>();
        for (NodeView node : nodes) {
            for (GpuView view : node.gpus()) {
                gpus.add(Gpu.of(node.name(), view));
            }
        }
        for (Figure figure : FIGURES) {
            write(text, figure.name(), figure, figure.labels(), gpus);
            if (legacy) {
                write(text, figure.legacyName(), figure, figure.legacyLabels(), gpus);
            }
        }
    }

    private static void write(
            GaugeText text, String name, Figure figure, Function<Gpu, LabelText> labels, List<Gpu> gpus)
            throws IOException {
        text.head(name, figure.help());
        for (Gpu gpu : gpus) {
            double value = figure.value().applyAsDouble(gpu.view());
            if (!Double.isNaN(value)) {
                text.sample(labels.apply(gpu), value);
            }
        }
    }
}
