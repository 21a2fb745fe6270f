package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.reservation.SharingSettings;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Provides what a container on software-shared GPUs gets from HAMi's device plugin: limits for the intercepting library
 * in the environment, and the library itself with its directories.
 */
final class HamiCore {

    /** The path in a container at which the library looks for it. */
    private static final String LOCK_DIRECTORY = "/tmp/vgpulock";

    private static final int WHOLE_PERCENT = 100;

    /** World-writable and sticky: users cannot remove each other's files. */
    private static final int OPEN_AND_STICKY = 01777;

    private static final String VGPU = "vgpu";
    private static final String PRELOAD = "/etc/ld.so.preload";

    private final Path vgpu;
    private final SharingDirectories directories;
    private final Path locks;

    /**
     * @param hookPath HAMi's {@code HOOK_PATH}, with the directory {@code vgpu}, on the host and in containers
     * @param locks the host directory of the lock that all containers share
     */
    HamiCore(Path hookPath, Path locks) {
        this.vgpu = hookPath.resolve(VGPU);
        this.directories = SharingDirectories.under(hookPath);
        this.locks = locks;
    }

    /**
     * Returns environment and mounts of one container, without the devices that it sees; has no side effects.
     *
     * @param devices one for each GPU, in the order in which the container numbers them
     */
    ContainerEdits edits(
            PodClaim pod, ContainerClaim container, List<ClaimedDevice.Shared> devices, SharingSettings sharing) {
        Map<String, String> environment = new TreeMap<>();
        for (int i = 0; i < devices.size(); i++) {
            environment.put("CUDA_DEVICE_MEMORY_LIMIT_" + i, devices.get(i).memoryMiB() + "m");
        }
        environment.put(
                "CUDA_DEVICE_SM_LIMIT", Integer.toString(devices.getFirst().cores()));
        environment.put(
                "CUDA_DEVICE_MEMORY_SHARED_CACHE",
                vgpu.resolve(SharingDirectories.sharedFile(pod, container)).toString());
        environment.put("LIBCUDA_LOG_LEVEL", Integer.toString(sharing.offer().libCudaLogLevel()));
        if (sharing.offer().deviceMemoryScaling() > 1) {
            environment.put("CUDA_OVERSUBSCRIBE", "true");
        }
        if (sharing.disableCoreLimit()) {
            environment.put("GPU_CORE_UTILIZATION_POLICY", "disable");
        }
        return new ContainerEdits(environment, mounts(pod, container), Optional.empty());
    }

    private List<AllocationHandler.Mount> mounts(PodClaim pod, ContainerClaim container) {
        List<AllocationHandler.Mount> mounts = new ArrayList<>();
        mounts.add(new AllocationHandler.Mount(directories.of(pod, container).toString(), vgpu.toString(), false));
        mounts.add(new AllocationHandler.Mount(
                library().toString(), vgpu.resolve(SharingLibrary.NAME).toString(), true));
        mounts.add(new AllocationHandler.Mount(locks.toString(), LOCK_DIRECTORY, false));
        if (container.intercepted()) {
            mounts.add(new AllocationHandler.Mount(preload().toString(), PRELOAD, true));
        }
        return mounts;
    }

    /**
     * Returns the library on the host; without it the container runtime refuses the mount, so no container runs
     * unlimited.
     */
    Path library() {
        return SharingLibrary.in(vgpu);
    }

    /** Returns the files on the host without which a container is refused: the library, and what has it preloaded. */
    List<Path> files(ContainerClaim container) {
        return container.intercepted() ? List.of(library(), preload()) : List.of(library());
    }

    private Path preload() {
        return vgpu.resolve("ld.so.preload");
    }

    /**
     * Creates the container's own directory, empty and writable for every user id, and that of the shared lock. Files
     * of an earlier start describe processes that are gone.
     */
    void makeDirectories(PodClaim pod, ContainerClaim container) throws IOException {
        directories.make(pod, container);
        Files.createDirectories(locks);
        Files.setAttribute(locks, "unix:mode", OPEN_AND_STICKY);
    }

    /**
     * Returns one share for each GPU, in the order in which a container numbers its devices: by their place on the bus,
     * like the driver, regardless of the order of the reservation.
     *
     * @param indices indices of all GPUs of the node, by UUID
     */
    static List<ClaimedDevice.Shared> numbered(List<ClaimedDevice.Shared> shares, Map<String, Integer> indices) {
        Map<String, ClaimedDevice.Shared> byGpu = new LinkedHashMap<>();
        shares.forEach(share -> byGpu.merge(share.gpuUuid(), share, HamiCore::together));
        return byGpu.values().stream()
                .sorted(Comparator.comparingInt(share -> indices.getOrDefault(share.gpuUuid(), Integer.MAX_VALUE)))
                .toList();
    }

    private static ClaimedDevice.Shared together(ClaimedDevice.Shared one, ClaimedDevice.Shared other) {
        boolean limited = one.cores() > 0 && other.cores() > 0;
        int cores = limited ? Math.min(WHOLE_PERCENT, one.cores() + other.cores()) : 0;
        return new ClaimedDevice.Shared(one.gpuUuid(), one.memoryMiB() + other.memoryMiB(), cores);
    }
}
