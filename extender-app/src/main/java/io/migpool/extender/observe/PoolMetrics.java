package io.migpool.extender.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.placement.GpuView;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.reservation.Hold;
import io.migpool.extender.reservation.HoldBook;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * HAMi's scheduler figures (names, labels and units of its {@code cmd/scheduler/metrics.go}) and the extender's own. They
 * are computed when somebody looks, and only if anything has changed since; series of vanished objects vanish.
 */
public final class PoolMetrics {

    private static final String UNKNOWN = "unknown";
    private static final double BYTES_PER_MIB = 1 << 20;
    private static final List<String> DEVICE = List.of("node", "device_uuid", "device_index", "device_type");
    private static final List<String> LEGACY_DEVICE = List.of("nodeid", "deviceuuid", "deviceidx", "devicetype");
    private static final List<String> POD = List.of("namespace", "node", "pod", "container_index", "device_uuid");
    private static final List<String> LEGACY_POD =
            List.of("podnamespace", "nodename", "podname", "containeridx", "deviceuuid");

    private final ClusterState cluster;
    private final Series memoryLimit;
    private final Series coreLimit;
    private final Series memoryAllocated;
    private final Series sharedCount;
    private final Series coreAllocated;
    private final Series overview;
    private final Series memoryRatio;
    private final Series instances;
    private final Series podMemory;
    private final Series podCores;
    private final Series quotaUsed;
    private final Series quotaLimit;
    private final List<Series> all;

    /** Guards the series and {@link #shown}; held while figures are computed, never during I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private long shown = -1;

    /**
     * @param legacy whether HAMi's names before 2.9 are shown too
     */
    public PoolMetrics(MeterRegistry registry, ClusterState cluster, HoldBook book, boolean legacy) {
        this.cluster = cluster;
        memoryLimit = device(
                registry,
                legacy,
                "hami_gpu_memory_limit_bytes",
                "GPUDeviceMemoryLimit",
                "Memory that pods may be given on the GPU");
        coreLimit = device(
                registry,
                legacy,
                "hami_gpu_core_limit_ratio",
                "GPUDeviceCoreLimit",
                "Compute that pods may be given on the GPU, in percent");
        sharedCount = device(
                registry, legacy, "hami_gpu_shared_count", "GPUDeviceSharedNum", "Devices of containers on the GPU");
        coreAllocated = device(
                registry,
                legacy,
                "hami_gpu_core_allocated_ratio",
                "GPUDeviceCoreAllocated",
                "Compute given to pods on the GPU, in percent");
        String allocated = "Memory given to pods on the GPU";
        memoryAllocated = Series.of(
                        registry,
                        "hami_gpu_memory_allocated_bytes",
                        allocated,
                        List.of("node", "device_uuid", "device_index", "device_type", "device_cores"))
                .withLegacy(
                        registry,
                        legacy,
                        "GPUDeviceMemoryAllocated",
                        allocated,
                        List.of("nodeid", "deviceuuid", "deviceidx", "devicetype", "devicecores"));
        String onNode = "Memory given to pods on the GPU, with its size and compute as labels";
        overview = Series.of(
                        registry,
                        "hami_node_gpu_overview",
                        onNode,
                        List.of(
                                "node",
                                "device_uuid",
                                "device_index",
                                "device_type",
                                "device_cores",
                                "device_memory_limit"))
                .withLegacy(
                        registry,
                        legacy,
                        "nodeGPUOverview",
                        onNode,
                        List.of("nodeid", "deviceuuid", "deviceidx", "devicetype", "devicecores", "devicememorylimit"));
        String percentage = "Part of the GPU memory that is given to pods";
        memoryRatio = Series.of(registry, "hami_node_gpu_memory_allocated_ratio", percentage, DEVICE)
                .withLegacy(
                        registry,
                        legacy,
                        "nodeGPUMemoryPercentage",
                        percentage,
                        List.of("nodeid", "deviceuuid", "deviceidx", ""));
        instances = Series.of(
                        registry,
                        "hami_node_gpu_mig_instance_info",
                        "Realised MIG instance with its identity and placement",
                        List.of(
                                "node",
                                "device_uuid",
                                "device_index",
                                "mig_uuid",
                                "profile",
                                "gpu_instance_id",
                                "compute_instance_id",
                                "placement_start",
                                "placement_size",
                                ""))
                .withLegacy(
                        registry,
                        legacy,
                        "nodeGPUMigInstance",
                        "Realised MIG instance by profile and GPU instance id",
                        List.of("nodeid", "deviceuuid", "deviceidx", "", "", "", "", "", "", "migname"));
        podMemory = pod(
                registry,
                legacy,
                "hami_vgpu_memory_allocated_bytes",
                "vGPUMemoryAllocated",
                "GPU memory given to the container");
        podCores = pod(
                registry,
                legacy,
                "hami_vgpu_core_allocated_ratio",
                "vGPUCoreAllocated",
                "GPU compute given to the container, in percent");
        String used = "What pods of the namespace have of the quota, in the quota's unit";
        quotaUsed = Series.of(registry, "hami_resource_quota_used", used, List.of("namespace", "quota_name", "limit"))
                .withLegacy(registry, legacy, "QuotaUsed", used, List.of("quotanamespace", "quotaName", "limit"));
        quotaLimit = Series.of(
                registry,
                "hami_resource_quota_limit",
                "What pods of the namespace may have together",
                List.of("namespace", "quota_name"));
        all = List.of(
                memoryLimit,
                coreLimit,
                memoryAllocated,
                sharedCount,
                coreAllocated,
                overview,
                memoryRatio,
                instances,
                podMemory,
                podCores,
                quotaUsed,
                quotaLimit);
        own(registry, book);
    }

    private static Series device(MeterRegistry registry, boolean legacy, String name, String old, String help) {
        return Series.of(registry, name, help, DEVICE).withLegacy(registry, legacy, old, help, LEGACY_DEVICE);
    }

    private static Series pod(MeterRegistry registry, boolean legacy, String name, String old, String help) {
        return Series.of(registry, name, help, POD).withLegacy(registry, legacy, old, help, LEGACY_POD);
    }

    private void own(MeterRegistry registry, HoldBook book) {
        for (Hold.State state : Hold.State.values()) {
            Gauge.builder("migpool_holds", book, b -> b.all().stream()
                            .filter(hold -> hold.state() == state)
                            .count())
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .description("Room kept for pods between filter and the cluster view")
                    .register(registry);
        }
        FunctionCounter.builder("migpool_malformed_annotations", cluster, ClusterState::malformedAnnotations)
                .description("Annotations of pods and nodes that were malformed or not believed")
                .register(registry);
        Gauge.builder("hami_build_info", () -> 1)
                .description("Always 1; what runs is in the labels")
                .tag("version", orUnknown(PoolMetrics.class.getPackage().getImplementationVersion()))
                .tag("revision", UNKNOWN)
                .tag("build_date", UNKNOWN)
                .tag("go_version", "java " + Runtime.version().feature())
                .tag("compiler", "javac")
                .tag(
                        "platform",
                        orUnknown(System.getProperty("os.name")) + "/" + orUnknown(System.getProperty("os.arch")))
                .register(registry);
        Gauge.builder("migpool_synced", cluster, c -> c.synced() ? 1 : 0)
                .description("Whether all nodes and pods have been read")
                .register(registry);
    }

    private static String orUnknown(@Nullable String text) {
        return text == null || text.isBlank() ? UNKNOWN : text;
    }

    /** Brings the series up to date. To be called before they are shown. */
    public void refresh() {
        lock.lock();
        try {
            long version = cluster.version();
            if (version != shown) {
                List<NodeView> nodes = cluster.nodes();
                nodes.forEach(this::addNode);
                Map<String, NodeView> byName =
                        nodes.stream().collect(Collectors.toMap(NodeView::name, Function.identity()));
                Set<String> seen = new HashSet<>();
                for (PodEntry pod : cluster.pods()) {
                    NodeView node = byName.get(String.valueOf(pod.boundTo()));
                    if (node != null && cluster.occupancy(pod).isPresent()) {
                        addPod(pod, node, seen);
                    }
                }
                cluster.quotas().forEach(this::addQuota);
                all.forEach(Series::publish);
                shown = version;
            }
        } finally {
            lock.unlock();
        }
    }

    private void addQuota(String namespace, GpuQuota quota) {
        quota.memoryMiB()
                .ifPresent(limit -> addQuota(
                        namespace,
                        cluster.resources().memory(),
                        limit,
                        quota.used().memoryMiB()));
        quota.cores()
                .ifPresent(limit -> addQuota(
                        namespace,
                        cluster.resources().cores(),
                        limit,
                        quota.used().cores()));
    }

    private void addQuota(String namespace, String resource, long limit, long used) {
        quotaUsed.add((double) used, namespace, resource, limit);
        quotaLimit.add((double) limit, namespace, resource);
    }

    private void addNode(NodeView node) {
        for (GpuView view : node.gpus()) {
            GpuInventory gpu = view.inventory();
            Object[] device = {node.name(), gpu.uuid(), gpu.index(), gpu.model()};
            memoryLimit.add(gpu.memoryMiB() * BYTES_PER_MIB, device);
            coreLimit.add(gpu.corePercent(), device);
            sharedCount.add(view.users(), device);
            coreAllocated.add(view.usedCores(), device);
            double used = view.usedMemoryMiB() * BYTES_PER_MIB;
            memoryAllocated.add(used, node.name(), gpu.uuid(), gpu.index(), gpu.model(), view.usedCores());
            overview.add(used, node.name(), gpu.uuid(), gpu.index(), gpu.model(), view.usedCores(), gpu.memoryMiB());
            if (gpu.memoryMiB() > 0) {
                memoryRatio.add((double) view.usedMemoryMiB() / gpu.memoryMiB(), device);
            }
        }
    }

    private void addPod(PodEntry pod, NodeView node, Set<String> seen) {
        Reservation reservation = pod.reservation();
        if (reservation == null) {
            return;
        }
        List<List<AllocatedDevice>> containers = reservation.devices().containers();
        for (int i = 0; i < containers.size(); i++) {
            for (AllocatedDevice device : containers.get(i)) {
                Object[] labels = {pod.key().namespace(), node.name(), pod.key().name(), i, device.uuid()};
                podMemory.add(device.memoryMiB() * BYTES_PER_MIB, labels);
                podCores.add(device.cores(), labels);
            }
        }
        for (MigAllocation instance : reservation.migAllocations()) {
            MigRuntime runtime = instance.runtime();
            if (runtime != null && seen.add(runtime.migUuid())) {
                addInstance(instance, runtime, node);
            }
        }
    }

    private void addInstance(MigAllocation instance, MigRuntime runtime, NodeView node) {
        Object index = node.gpu(instance.gpuUuid())
                .<Object>map(gpu -> gpu.inventory().index())
                .orElse("");
        instances.add(
                1,
                node.name(),
                instance.gpuUuid(),
                index,
                runtime.migUuid(),
                instance.profile(),
                runtime.gpuInstanceId(),
                runtime.computeInstanceId(),
                instance.placement().start(),
                instance.placement().size(),
                instance.profile() + "-" + runtime.gpuInstanceId());
    }
}
