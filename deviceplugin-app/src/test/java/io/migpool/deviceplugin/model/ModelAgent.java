package io.migpool.deviceplugin.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.inject.ContainerContents;
import io.migpool.deviceplugin.inject.ContainerStart;
import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.inject.SliceRealiser;
import io.migpool.deviceplugin.inject.StartObserver;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.kubelet.SlotSource;
import io.migpool.deviceplugin.reservation.BlockedPods;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.NodeLoops;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.deviceplugin.reservation.PoolReconciler;
import io.migpool.deviceplugin.reservation.ReservationRepair;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import io.migpool.deviceplugin.reservation.SharingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What of the agent decides about instances, without threads: each step happens when the model says so. */
final class ModelAgent implements OfferedGpus {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** No start waits: what has to wait is tried again by the model. */
    private static final Duration ONE_TRY = Duration.ofNanos(1);

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int WHOLE_PERCENT = 100;
    private static final String VISIBLE = "NVIDIA_VISIBLE_DEVICES=";

    private final InstancePool pool;
    private final List<GpuDescription> gpus;
    private final Path cdi;
    private final PoolReconciler reconciler;
    private final RuntimeIdentityWriter identityWriter;
    private final BlockedPods blockedPods;
    private final ContainerStart starts;

    ModelAgent(
            InstancePool pool,
            List<GpuDescription> gpus,
            ModelCluster cluster,
            SlotSource kubelet,
            Path directory,
            InstantSource clock) {
        this.pool = pool;
        this.gpus = gpus;
        this.cdi = directory;
        DeviceSettings settings = DeviceSettings.DEFAULT;
        ReservedSlices slices = new ReservedSlices(gpus, () -> gpus);
        ClaimReader claims = new ClaimReader(ReservedPod.NODE, () -> settings, slices);
        ReservationRepair repair =
                new ReservationRepair(cluster, claims, slices, pool, this, cluster, () -> settings, clock);
        identityWriter = new RuntimeIdentityWriter(cluster, slices);
        reconciler = new PoolReconciler(pool, cluster, claims, identityWriter, () -> true, repair::isMoving, PATIENCE);
        blockedPods = new BlockedPods(cluster, pool, cluster, () -> PATIENCE, clock);
        InjectSettings inject = new InjectSettings(
                InjectSettings.Strategy.CDI_CRI,
                InjectSettings.DeviceList.ENVIRONMENT,
                cdi,
                DriverFiles.NONE,
                directory.resolve("hook"),
                directory.resolve("locks"),
                ONE_TRY,
                ONE_TRY);
        starts = new ContainerStart(
                new SlotOwners(kubelet, kubelet, clock),
                cluster,
                claims,
                pool,
                new SliceRealiser(pool, cluster, this, repair, blockedPods, cluster, ONE_TRY, clock),
                new ContainerContents(this, cluster, inject),
                identityWriter,
                StartObserver.NONE,
                inject,
                clock);
    }

    InstancePool pool() {
        return pool;
    }

    Pods.Listener listener() {
        return reconciler.listener(() -> {});
    }

    void reconcile() {
        NodeLoops.reconcile(reconciler);
    }

    void writeBack() {
        NodeLoops.writeBack(identityWriter);
    }

    void evictOverdue() {
        NodeLoops.evictOverdue(blockedPods);
    }

    void allocate(NavigableSet<String> slots) {
        try {
            var _ = starts.reserve(slots);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    void preStart(NavigableSet<String> slots) throws PreparationException {
        try {
            starts.prepare(slots);
        } catch (PreparationException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof Killed killed) {
                    // It tells kubelet nothing.
                    throw killed;
                }
            }
            throw e;
        }
    }

    /** MIG UUIDs that the container with these slots would see; none if it could not start. */
    List<String> visible(NavigableSet<String> slots) {
        Path file = cdi.resolve("migpool.io-gpu-" + slots.first() + ".json");
        try {
            if (Files.notExists(file)) {
                return List.of();
            }
            JsonNode device =
                    JSON.readTree(Files.readString(file)).path("devices").get(0);
            for (JsonNode variable : device.path("containerEdits").path("env")) {
                if (variable.asText().startsWith(VISIBLE)) {
                    return List.of(variable.asText().substring(VISIBLE.length()).split(",", -1));
                }
            }
            throw new AssertionError(file + " names no devices");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public String nodeName() {
        return ReservedPod.NODE;
    }

    @Override
    public Optional<GpuMode> modeOf(String gpuUuid) {
        return Optional.of(GpuMode.MIG);
    }

    @Override
    public boolean hasLeft(String gpuUuid, GpuMode promised) {
        return promised != GpuMode.MIG;
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
        return gpus.stream()
                .map(gpu -> new GpuInventory(
                        gpu.uuid(),
                        gpu.index(),
                        1,
                        gpu.memoryMiB(),
                        WHOLE_PERCENT,
                        gpu.model(),
                        gpu.numaNode(),
                        GpuMode.MIG,
                        gpu.profiles(),
                        pool.trouble(gpu.uuid()).isEmpty(),
                        List.of(),
                        List.of()))
                .toList();
    }

    @Override
    public Set<String> cordoned() {
        return Set.of();
    }
}
