package io.migpool.deviceplugin.cli;

import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.ConfiguredGpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.host.HostPrograms;
import io.migpool.deviceplugin.host.NvidiaSmi;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.nvml.NvmlDriverProvider;
import io.migpool.deviceplugin.simulated.SimulatedDriverProvider;
import io.migpool.runtime.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * This machine, with the configured driver and kubelet. The configuration keys are those of the node agent. Used by one
 * thread.
 */
final class ConfiguredHost implements Host {

    private static final String POD_RESOURCES_KEY = "migpool.kubelet.pod-resources-socket";
    private static final String DEVICE_PLUGINS_KEY = "migpool.kubelet.device-plugin-dir";
    /**
     * Next to the device plugins' directory, kubelet keeps one directory per pod that has not been deleted, named by
     * uid.
     */
    private static final String PODS = "pods";
    /** Separates a device from the number of its replica, where a device plugin shares it. */
    private static final String COPY = "::";

    private static final String VENDOR = "nvidia.com/";

    private static final String HOST_ROOT_KEY = "migpool.mig-manager.host-root";
    private static final String DRIVER_ROOT_KEY = "migpool.mig-manager.driver-root";
    private static final String PROGRAMS_KEY = "migpool.mig-manager.program-directories";
    /** One call may reset every GPU of a machine. */
    private static final Duration LONGEST_RESET = Duration.ofMinutes(5);

    private final Config config;
    /** Kept, because it starts no second program while the first one hangs. */
    private @Nullable NvidiaSmi smi;

    ConfiguredHost(Config config) {
        this.config = config;
    }

    @Override
    public GpuDriver openDriver() throws GpuException {
        return ConfiguredGpuDriver.open(config, List.of(new NvmlDriverProvider(), new SimulatedDriverProvider()));
    }

    @Override
    public void resetGpus(List<String> gpuUuids) throws IOException {
        NvidiaSmi present = smi;
        if (present == null) {
            SettingsReader settings = new SettingsReader(config);
            present = new NvidiaSmi(
                    new HostPrograms(settings.absolutePaths(PROGRAMS_KEY), LONGEST_RESET),
                    settings.absolutePath(HOST_ROOT_KEY),
                    settings.ifSet(DRIVER_ROOT_KEY, settings::absolutePath));
            smi = present;
        }
        present.reset(gpuUuids);
    }

    /** Returns pods from PodResources, and containers from kubelet's checkpoint; empty on a machine without kubelet. */
    @Override
    public List<Occupant> occupants(List<String> gpuUuids) throws IOException, InterruptedException {
        List<Occupant> occupants = new ArrayList<>();
        SettingsReader settings = new SettingsReader(config);
        Optional<Path> socket =
                settings.ifSet(POD_RESOURCES_KEY, settings::absolutePath).filter(Files::exists);
        if (socket.isPresent()) {
            try (UnixSockets sockets = new UnixSockets();
                    KubeletPodResources kubelet = new KubeletPodResources(sockets, socket.get())) {
                occupants.addAll(occupants(kubelet.list(), gpuUuids));
            }
        }
        Optional<Path> plugins = settings.ifSet(DEVICE_PLUGINS_KEY, settings::absolutePath);
        if (plugins.isPresent()) {
            occupants.addAll(noted(plugins.get(), gpuUuids));
        }
        return occupants;
    }

    /**
     * Reads kubelet's checkpoint. Unlike PodResources it has init containers, but also pods that are gone: those
     * without a directory are skipped.
     */
    private static List<Occupant> noted(Path devicePlugins, List<String> gpuUuids) throws IOException {
        Path pods = devicePlugins.resolveSibling(PODS);
        List<Occupant> occupants = new ArrayList<>();
        for (CheckpointFile.Entry entry : new CheckpointFile(devicePlugins, () -> "").entries()) {
            if (Files.isDirectory(pods) && Files.notExists(pods.resolve(entry.podUid()))) {
                continue;
            }
            String name = "container %s of the pod with uid %s (if it has ended, delete the pod)"
                    .formatted(entry.container(), entry.podUid());
            entry.deviceIds().stream()
                    .flatMap(id -> devices(entry.resource(), id, gpuUuids))
                    .distinct()
                    .forEach(device -> occupants.add(new Occupant(name, Optional.empty(), device)));
        }
        return occupants;
    }

    static List<Occupant> occupants(List<PodResources> pods, List<String> gpuUuids) {
        List<Occupant> occupants = new ArrayList<>();
        for (PodResources pod : pods) {
            String name = "pod %s/%s".formatted(pod.getNamespace(), pod.getName());
            pod.getContainersList().stream()
                    .flatMap(container -> container.getDevicesList().stream())
                    .flatMap(devices -> devices.getDeviceIdsList().stream()
                            .flatMap(id -> devices(devices.getResourceName(), id, gpuUuids)))
                    .distinct()
                    .forEach(device -> occupants.add(new Occupant(name, Optional.empty(), device)));
        }
        return occupants;
    }

    /**
     * Returns the devices behind an id. The pool's resource names are configured elsewhere, so the id has to show whose
     * it is: a UUID names its device; a slot of the pool, or another id under NVIDIA's names, may stand for any GPU.
     */
    private static Stream<String> devices(String resource, String id, List<String> gpuUuids) {
        String device = id.split(COPY, 2)[0];
        if (device.startsWith("MIG-") || device.startsWith("GPU-")) {
            return Stream.of(device);
        }
        boolean anyGpu = Slot.numberOf(device).isPresent() || resource.startsWith(VENDOR);
        return anyGpu ? gpuUuids.stream() : Stream.empty();
    }
}
