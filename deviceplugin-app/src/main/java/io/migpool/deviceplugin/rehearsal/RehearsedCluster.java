package io.migpool.deviceplugin.rehearsal;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.deviceplugin.reservation.SharingSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The cluster of a rehearsal: its pods are bound, and writes and Events are discarded. */
final class RehearsedCluster implements Pods, OfferedGpus, Events {

    static final String CONTAINER = "main";
    /** A software-shared GPU; all others use MIG. */
    static final String SHARED_GPU = "GPU-00000000-0000-0000-0000-000000000000";

    private static final String NODE = "rehearsal";
    private static final String COUNT = "nvidia.com/gpu";
    private static final long MEMORY_MIB = 1024;
    private static final int CORES = 10;

    private final Map<String, Pod> pods = new ConcurrentHashMap<>();

    /** Binds a pod with one instance. */
    void bindCut(String uid, Slice slice) {
        bind(
                uid,
                slice.gpuUuid(),
                List.of(new MigAllocation(0, 0, slice.gpuUuid(), slice.profile(), slice.placement(), null)));
    }

    /** Binds a pod with a share of {@link #SHARED_GPU}. */
    void bindShared(String uid) {
        bind(uid, SHARED_GPU, List.of());
    }

    private void bind(String uid, String gpuUuid, List<MigAllocation> allocations) {
        PodDevices devices = new PodDevices(
                List.of(List.of(new AllocatedDevice(gpuUuid, AllocatedDevice.NVIDIA, MEMORY_MIB, CORES))));
        ObjectMeta meta = new ObjectMeta();
        meta.setUid(uid);
        meta.setNamespace(NODE);
        meta.setName(uid);
        meta.setResourceVersion("1");
        meta.setAnnotations(new Reservation(NODE, Instant.EPOCH, devices, allocations).toAnnotations());
        ResourceRequirements resources = new ResourceRequirements();
        resources.setLimits(Map.of(COUNT, new Quantity("1")));
        Container container = new Container();
        container.setName(CONTAINER);
        container.setResources(resources);
        PodSpec spec = new PodSpec();
        spec.setNodeName(NODE);
        spec.setContainers(new ArrayList<>(List.of(container)));
        Pod pod = new Pod();
        pod.setMetadata(meta);
        pod.setSpec(spec);
        pods.put(uid, pod);
    }

    void unbind(String uid) {
        pods.remove(uid);
    }

    @Override
    public Optional<Pod> watched(String uid) {
        return Optional.ofNullable(pods.get(uid));
    }

    @Override
    public Optional<List<Pod>> all() {
        return Optional.of(List.copyOf(pods.values()));
    }

    @Override
    public Optional<Pod> read(String namespace, String name) {
        return watched(name);
    }

    @Override
    public void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) {}

    @Override
    public boolean evict(Pod pod) {
        return false;
    }

    @Override
    public String nodeName() {
        return NODE;
    }

    @Override
    public Optional<GpuMode> modeOf(String gpuUuid) {
        return Optional.of(gpuUuid.equals(SHARED_GPU) ? GpuMode.HAMI_CORE : GpuMode.MIG);
    }

    @Override
    public boolean hasLeft(String gpuUuid, GpuMode promised) {
        return false;
    }

    @Override
    public SharingSettings sharing() {
        return SharingSettings.DEFAULT;
    }

    @Override
    public Map<String, Integer> indices() {
        return inventory().stream().collect(Collectors.toMap(GpuInventory::uuid, GpuInventory::index));
    }

    @Override
    public Map<String, Integer> minors() {
        return indices();
    }

    @Override
    public List<GpuInventory> inventory() {
        return List.of();
    }

    @Override
    public Set<String> cordoned() {
        return Set.of();
    }

    @Override
    public void warnPod(PodRef pod, String reason, String note) {}

    @Override
    public void warnNode(String reason, String note) {}

    @Override
    public void noteNode(String reason, String note) {}
}
