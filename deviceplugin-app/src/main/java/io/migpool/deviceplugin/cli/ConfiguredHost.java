package io.migpool.deviceplugin.cli;

import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.ConfiguredGpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.nvml.NvmlDriverProvider;
import io.migpool.deviceplugin.simulated.SimulatedDriverProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/** This machine, with the driver and the kubelet that configuration names; the keys are the node agent's. */
record ConfiguredHost(Config config) implements Host {

    private static final String POD_RESOURCES_KEY = "migpool.kubelet.pod-resources-socket";
    private static final String DEVICE_PLUGINS_KEY = "migpool.kubelet.device-plugin-dir";
    /** Beside the device plugins kubelet has a directory for each pod that has not been deleted, by uid. */
    private static final String PODS = "pods";
    /** Device plugins that share a device number their copies. */
    private static final String COPY = "::";

    private static final String VENDOR = "nvidia.com/";

    @Override
    public GpuDriver openDriver() throws GpuException {
        return ConfiguredGpuDriver.open(config, List.of(new NvmlDriverProvider(), new SimulatedDriverProvider()));
    }

    /** Pods, as kubelet tells them, and those whose init containers it has given devices; nobody where no kubelet is. */
    @Override
    public List<Occupant> occupants(List<String> gpuUuids) throws IOException, InterruptedException {
        List<Occupant> occupants = new ArrayList<>();
        Optional<Path> socket = path(POD_RESOURCES_KEY).filter(Files::exists);
        if (socket.isPresent()) {
            try (UnixSockets sockets = new UnixSockets();
                    KubeletPodResources kubelet = new KubeletPodResources(sockets, socket.get())) {
                occupants.addAll(occupants(kubelet.list(), gpuUuids));
            }
        }
        Optional<Path> plugins = path(DEVICE_PLUGINS_KEY);
        if (plugins.isPresent()) {
            occupants.addAll(noted(plugins.get(), gpuUuids));
        }
        return occupants;
    }

    private Optional<Path> path(String key) {
        return config.getOptionalValue(key, String.class).map(Path::of);
    }

    /** PodResources leaves init containers out; kubelet's checkpoint has them, and pods that are gone. */
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
     * The names of resources are configuration that this machine does not know; ids tell whose they are. Those of the pool are
     * slots, which do not say what is behind them, and so are ids under NVIDIA's names that are no UUIDs.
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
