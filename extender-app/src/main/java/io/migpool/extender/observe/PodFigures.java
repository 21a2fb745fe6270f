package io.migpool.extender.observe;

import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.OccupiedDevice;
import io.migpool.extender.pool.PodDemand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Allocations of every container, and the instances behind them, under HAMi's metric names. Devices that an init container
 * shares with containers after it are counted once, as theirs.
 */
final class PodFigures implements FigureSource {

    private static final double BYTES_PER_MIB = 1 << 20;

    /** The allocation of one container on one GPU. */
    private record Share(LabelText labels, LabelText legacyLabels, long memoryMiB, int cores) {}

    private record Owner(int container, String gpuUuid) {}

    private record Instance(LabelText labels, LabelText legacyLabels) {}

    private final ClusterState cluster;
    private final boolean legacy;

    /**
     * @param cluster the pods
     * @param legacy whether HAMi's names before 2.9 are written too
     */
    PodFigures(ClusterState cluster, boolean legacy) {
        this.cluster = cluster;
        this.legacy = legacy;
    }

    @Override
    public void writeTo(GaugeText text, List<NodeView> nodes) throws IOException {
        Map<String, NodeView> byName = new HashMap<>();
        nodes.forEach(node -> byName.put(node.name(), node));
        List<Share> shares = new ArrayList<>();
        List<Instance> instances = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (PodEntry pod : cluster.pods()) {
            NodeView node = byName.get(String.valueOf(pod.boundTo()));
            Reservation reservation = pod.reservation();
            PodDemand demand = pod.demand();
            if (node != null
                    && reservation != null
                    && demand != null
                    && cluster.occupancy(pod).isPresent()) {
                addShares(pod, node, reservation, demand.request(), shares);
                for (MigAllocation allocation : reservation.migAllocations()) {
                    MigRuntime runtime = allocation.runtime();
                    if (runtime != null && seen.add(runtime.migUuid())) {
                        instances.add(instance(allocation, runtime, node));
                    }
                }
            }
        }
        writeShares(text, shares);
        writeInstances(text, instances);
    }

    private static void addShares(
            PodEntry pod, NodeView node, Reservation reservation, PodGpuRequest request, List<Share> shares) {
        Map<Owner, List<AllocatedDevice>> byOwner = new LinkedHashMap<>();
        for (OccupiedDevice occupied : OccupiedDevice.of(reservation, request)) {
            byOwner.computeIfAbsent(
                            new Owner(occupied.container(), occupied.part().gpuUuid()), owner -> new ArrayList<>())
                    .add(occupied.device());
        }
        byOwner.forEach(
                (owner, devices) -> shares.add(share(pod, node.name(), owner.container(), owner.gpuUuid(), devices)));
    }

    private static Share share(PodEntry pod, String node, int container, String uuid, List<AllocatedDevice> devices) {
        return new Share(
                LabelText.of(
                        "container_index", container,
                        "device_uuid", uuid,
                        "namespace", pod.key().namespace(),
                        "node", node,
                        "pod", pod.key().name(),
                        "zone", ZONE),
                LabelText.of(
                        "containeridx", container,
                        "deviceuuid", uuid,
                        "nodename", node,
                        "podname", pod.key().name(),
                        "podnamespace", pod.key().namespace(),
                        "zone", ZONE),
                devices.stream().mapToLong(AllocatedDevice::memoryMiB).sum(),
                devices.stream().mapToInt(AllocatedDevice::cores).sum());
    }

    private static Instance instance(MigAllocation instance, MigRuntime runtime, NodeView node) {
        Object index = node.gpu(instance.gpuUuid())
                .<Object>map(gpu -> gpu.inventory().index())
                .orElse("");
        return new Instance(
                LabelText.of(
                        "compute_instance_id", runtime.computeInstanceId(),
                        "device_index", index,
                        "device_uuid", instance.gpuUuid(),
                        "gpu_instance_id", runtime.gpuInstanceId(),
                        "mig_uuid", runtime.migUuid(),
                        "node", node.name(),
                        "placement_size", instance.placement().size(),
                        "placement_start", instance.placement().start(),
                        "profile", instance.profile(),
                        "zone", ZONE),
                LabelText.of(
                        "deviceidx",
                        index,
                        "deviceuuid",
                        instance.gpuUuid(),
                        "migname",
                        instance.profile() + "-" + runtime.gpuInstanceId(),
                        "nodeid",
                        node.name(),
                        "zone",
                        ZONE));
    }

    private void writeShares(GaugeText text, List<Share> shares) throws IOException {
        String memory = "GPU memory allocated to the container";
        text.head("hami_vgpu_memory_allocated_bytes", memory);
        for (Share share : shares) {
            text.sample(share.labels(), share.memoryMiB() * BYTES_PER_MIB);
        }
        String cores = "GPU compute allocated to the container, in percent";
        text.head("hami_vgpu_core_allocated_ratio", cores);
        for (Share share : shares) {
            text.sample(share.labels(), share.cores());
        }
        if (legacy) {
            text.head("vGPUMemoryAllocated", memory);
            for (Share share : shares) {
                text.sample(share.legacyLabels(), share.memoryMiB() * BYTES_PER_MIB);
            }
            text.head("vGPUCoreAllocated", cores);
            for (Share share : shares) {
                text.sample(share.legacyLabels(), share.cores());
            }
        }
    }

    private void writeInstances(GaugeText text, List<Instance> instances) throws IOException {
        text.head("hami_node_gpu_mig_instance_info", "Realised MIG instance with its identity and placement");
        for (Instance instance : instances) {
            text.sample(instance.labels(), 1);
        }
        if (legacy) {
            text.head("nodeGPUMigInstance", "Realised MIG instance by profile and GPU instance id");
            for (Instance instance : instances) {
                text.sample(instance.legacyLabels(), 1);
            }
        }
    }
}
