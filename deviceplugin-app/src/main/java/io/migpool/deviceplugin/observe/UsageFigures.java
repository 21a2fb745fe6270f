package io.migpool.deviceplugin.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.sharing.SharedRegion;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * The usage series: with the names and labels of HAMi's node monitor, and MigPool's own for every instance. A series
 * whose object is gone disappears with the next {@link #show}.
 */
public final class UsageFigures {

    private final MeterRegistry registry;
    private final String nodeName;
    private final boolean legacy;
    private final InstantSource clock;
    private final Map<String, MultiGauge> gauges = new HashMap<>();

    /** @param legacy whether to expose HAMi's names from before 2.9 too */
    UsageFigures(MeterRegistry registry, String nodeName, boolean legacy, InstantSource clock) {
        this.registry = registry;
        this.nodeName = nodeName;
        this.legacy = legacy;
        this.clock = clock;
    }

    /** One sample of a series. */
    private record Sample(Tags tags, double value) {}

    /** Replaces everything that is exposed. Called by one thread. */
    public void show(NodeUsage usage) {
        showGpus(usage.gpus());
        showContainers(usage.containers());
        showInstances(usage.instances());
    }

    private void showGpus(List<NodeUsage.Gpu> gpus) {
        Function<NodeUsage.Gpu, Tags> onNode = gpu -> device(gpu).and("node", nodeName);
        each(
                "hami_host_gpu_memory_used_bytes",
                "GPU device memory usage in bytes",
                gpus,
                onNode,
                UsageFigures::memoryUsed);
        each("hami_host_gpu_utilization_ratio", "GPU core utilization ratio (0-100)", gpus, onNode, gpu -> gpu.usage()
                .computePercent());
        each(
                "hami_host_gpu_memory_controller_utilization_ratio",
                "GPU memory controller utilization ratio (0-100)",
                gpus,
                UsageFigures::device,
                gpu -> gpu.usage().memoryAccessPercent());
        each(
                "migpool_gpu_processes",
                "Processes that hold a context on a GPU or on a part of it",
                gpus,
                gpu -> Tags.of(
                        "node", nodeName,
                        "device_uuid", gpu.gpu().uuid(),
                        "device_index", Integer.toString(gpu.gpu().index())),
                gpu -> OptionalDouble.of(gpu.processes()));
        if (legacy) {
            Function<NodeUsage.Gpu, Tags> before = gpu -> Tags.of(
                    "zone", "vGPU",
                    "nodeid", nodeName,
                    "deviceidx", Integer.toString(gpu.gpu().index()),
                    "deviceuuid", gpu.gpu().uuid(),
                    "devicetype", type(gpu));
            each("HostGPUMemoryUsage", "GPU device memory usage", gpus, before, UsageFigures::memoryUsed);
            each("HostCoreUtilization", "GPU core utilization", gpus, before, gpu -> gpu.usage()
                    .computePercent());
        }
    }

    private static OptionalDouble memoryUsed(NodeUsage.Gpu gpu) {
        return first(gpu.usage().memory(), memory -> OptionalDouble.of((double) memory.usedBytes()));
    }

    private static Tags device(NodeUsage.Gpu gpu) {
        return Tags.of(
                "zone", "vGPU",
                "device_index", Integer.toString(gpu.gpu().index()),
                "device_uuid", gpu.gpu().uuid(),
                "device_type", type(gpu));
    }

    private static String type(NodeUsage.Gpu gpu) {
        return "NVIDIA-" + gpu.gpu().model();
    }

    private void showContainers(List<NodeUsage.ContainerDevice> devices) {
        Function<NodeUsage.ContainerDevice, Tags> tags = device -> Tags.of(
                "zone", "vGPU",
                "namespace", device.pod().namespace(),
                "pod", device.pod().name(),
                "container", device.container(),
                "vdevice_index", Integer.toString(device.index()),
                "device_uuid", device.gpuUuid());
        Function<NodeUsage.ContainerDevice, OptionalDouble> limit =
                device -> OptionalDouble.of((double) device.limitBytes());
        each("hami_vgpu_memory_limit_bytes", "vGPU device memory limit in bytes", devices, tags, limit);
        each(
                "hami_vgpu_memory_used_bytes",
                "vGPU device memory usage in bytes",
                devices,
                tags,
                UsageFigures::memoryUsed);
        each(
                "hami_container_device_memory_bytes",
                "Container device memory usage in bytes",
                devices,
                tags,
                UsageFigures::memoryUsed);
        each(
                "hami_container_device_utilization_ratio",
                "Container device SM utilization ratio",
                devices,
                tags,
                UsageFigures::smPercent);
        each(
                "hami_container_last_kernel_elapsed_seconds",
                "Seconds since last kernel execution in container",
                devices,
                tags,
                this::sinceLastKernel);
        each(
                "hami_vgpu_memory_context_bytes",
                "Container device memory context size in bytes",
                devices,
                tags,
                ofShare(SharedRegion.Use::contextBytes));
        each(
                "hami_vgpu_memory_module_bytes",
                "Container device memory module size in bytes",
                devices,
                tags,
                ofShare(SharedRegion.Use::moduleBytes));
        each(
                "hami_vgpu_memory_buffer_bytes",
                "Container device memory buffer size in bytes",
                devices,
                tags,
                ofShare(SharedRegion.Use::bufferBytes));
        if (legacy) {
            showContainersAsBefore(devices, limit);
        }
    }

    private void showContainersAsBefore(
            List<NodeUsage.ContainerDevice> devices, Function<NodeUsage.ContainerDevice, OptionalDouble> limit) {
        Function<NodeUsage.ContainerDevice, Tags> before = device -> Tags.of(
                "zone", "vGPU",
                "podnamespace", device.pod().namespace(),
                "podname", device.pod().name(),
                "ctrname", device.container(),
                "vdeviceid", Integer.toString(device.index()),
                "deviceuuid", device.gpuUuid());
        each("vGPU_device_memory_limit_in_bytes", "vGPU device limit", devices, before, limit);
        each("vGPU_device_memory_usage_in_bytes", "vGPU device usage", devices, before, UsageFigures::memoryUsed);
        each(
                "Device_utilization_desc_of_container",
                "Container device utilization",
                devices,
                before,
                UsageFigures::smPercent);
        each("Device_last_kernel_of_container", "Container device last kernel", devices, before, this::sinceLastKernel);
        each(
                "Device_memory_desc_of_container",
                "Container device memory, its parts as labels",
                devices,
                device -> before.apply(device).and(parts(device)),
                ofShare(SharedRegion.Use::totalBytes));
        each(
                "MigInfo",
                "MIG device information for a container",
                devices.stream().filter(device -> device.instance().isPresent()).toList(),
                device -> before.apply(device).and("instanceid", instanceId(device)),
                _ -> OptionalDouble.of(1));
    }

    private static Tags parts(NodeUsage.ContainerDevice device) {
        return device.sharing()
                .map(NodeUsage.Sharing::use)
                .map(use -> Tags.of(
                        "context", Long.toString(use.contextBytes()),
                        "module", Long.toString(use.moduleBytes()),
                        "data", Long.toString(use.bufferBytes()),
                        "offset", Long.toString(use.offsetBytes())))
                .orElse(Tags.empty());
    }

    private static String instanceId(NodeUsage.ContainerDevice device) {
        return device.instance()
                .map(used -> Integer.toString(used.usage().gpuInstanceId()))
                .orElse("");
    }

    private static OptionalDouble memoryUsed(NodeUsage.ContainerDevice device) {
        OptionalDouble ofInstance = first(
                device.instance(),
                used -> OptionalDouble.of((double) used.usage().memory().usedBytes()));
        return ofInstance.isPresent()
                ? ofInstance
                : ofShare(SharedRegion.Use::totalBytes).apply(device);
    }

    private static OptionalDouble smPercent(NodeUsage.ContainerDevice device) {
        OptionalDouble ofInstance =
                first(device.instance(), used -> used.usage().smPercent());
        return ofInstance.isPresent()
                ? ofInstance
                : ofShare(SharedRegion.Use::smPercent).apply(device);
    }

    private static Function<NodeUsage.ContainerDevice, OptionalDouble> ofShare(ToLongFunction<SharedRegion.Use> part) {
        return device ->
                first(device.sharing(), sharing -> OptionalDouble.of((double) part.applyAsLong(sharing.use())));
    }

    private static <T> OptionalDouble first(Optional<T> object, Function<T, OptionalDouble> value) {
        return object.map(value).orElse(OptionalDouble.empty());
    }

    /** Returns seconds. A time that a container writes may be ahead of the clock. */
    private OptionalDouble sinceLastKernel(NodeUsage.ContainerDevice device) {
        return device.sharing()
                .map(NodeUsage.Sharing::lastKernelSeconds)
                .filter(OptionalLong::isPresent)
                .map(last ->
                        OptionalDouble.of((double) Math.max(0, clock.instant().getEpochSecond() - last.getAsLong())))
                .orElse(OptionalDouble.empty());
    }

    private void showInstances(List<NodeUsage.Instance> instances) {
        Function<NodeUsage.Instance, Tags> tags = this::instance;
        each(
                "migpool_instance_memory_used_bytes",
                "Used memory of a MIG instance",
                instances,
                tags,
                used -> OptionalDouble.of((double) used.usage().memory().usedBytes()));
        each(
                "migpool_instance_memory_total_bytes",
                "Memory of a MIG instance",
                instances,
                tags,
                used -> OptionalDouble.of((double) used.usage().memory().totalBytes()));
        each(
                "migpool_instance_processes",
                "Processes that hold a context on a MIG instance",
                instances,
                tags,
                used -> OptionalDouble.of(used.processes()));
        each(
                "migpool_instance_sm_utilization_percent",
                "Busy multiprocessors of a MIG instance since the previous sample (0-100)",
                instances,
                tags,
                used -> used.usage().smPercent());
        each(
                "migpool_instance_memory_bandwidth_utilization_percent",
                "Memory bandwidth of a MIG instance used since the previous sample (0-100)",
                instances,
                tags,
                used -> used.usage().memoryBandwidthPercent());
    }

    private Tags instance(NodeUsage.Instance used) {
        return Tags.of(
                "node", nodeName,
                "device_uuid", used.instance().slice().gpuUuid(),
                "device_index", Integer.toString(used.gpu().gpu().index()),
                "mig_uuid",
                        used.instance()
                                .driverState()
                                .identity()
                                .map(MigRuntime::migUuid)
                                .orElse(""),
                "profile", used.instance().slice().profile().toString(),
                "gpu_instance_id", Integer.toString(used.usage().gpuInstanceId()));
    }

    private <T> void each(
            String name,
            String description,
            List<T> objects,
            Function<T, Tags> tags,
            Function<T, OptionalDouble> value) {
        Stream<Sample> samples = objects.stream().flatMap(object -> value.apply(object).stream()
                .mapToObj(number -> new Sample(tags.apply(object), number)));
        gauges.computeIfAbsent(
                        name,
                        _ -> MultiGauge.builder(name).description(description).register(registry))
                .register(
                        samples.<MultiGauge.Row<?>>map(sample -> MultiGauge.Row.of(sample.tags(), sample.value()))
                                .toList(),
                        true);
    }
}
