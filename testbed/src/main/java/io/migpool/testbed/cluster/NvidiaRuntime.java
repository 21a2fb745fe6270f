package io.migpool.testbed.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.kubelet.ContainerMount;
import io.migpool.testbed.kubelet.DeviceNode;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * NVIDIA's container runtime: it handles the variable that names devices, mounts that represent them, or a CDI device
 * that it resolves itself if the container engine does not. For the first two it provides everything that the devices
 * need; for a CDI device only what its file holds, ignoring variables in there. If the variable is {@code void} it
 * provides nothing, like any other runtime, and the container has what the engine added.
 *
 * @param cdiDirectory directory of CDI files
 * @param machine the machine with the devices
 */
record NvidiaRuntime(Path cdiDirectory, SimulatedMachine machine) {

    private static final String VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES";
    private static final String DEVICE_MOUNTS = "/var/run/nvidia-container-devices";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Returns the UUIDs of the devices that the container sees, in order. */
    List<String> visibleDevices(RunningContainer container) {
        String named = container.environment().getOrDefault(VISIBLE_DEVICES, "");
        if (named.equals(DEVICE_MOUNTS)) {
            return container.mounts().stream()
                    .map(ContainerMount::containerPath)
                    .filter(path -> path.startsWith(DEVICE_MOUNTS + "/"))
                    .map(path -> path.substring(DEVICE_MOUNTS.length() + 1))
                    .toList();
        }
        if (named.contains("=")) {
            return cdiDevice(named).map(this::reached).orElse(List.of());
        }
        if (named.equals("void")) {
            return reached(
                    container.deviceNodes().stream().map(DeviceNode::path).collect(Collectors.toSet()),
                    container.mounts().stream()
                            .map(ContainerMount::containerPath)
                            .collect(Collectors.toSet()),
                    container.hooks().stream()
                            .flatMap(hook -> hook.arguments().stream())
                            .collect(Collectors.toSet()));
        }
        return named.isEmpty() || named.equals("none") ? List.of() : List.of(named.split(",", -1));
    }

    /** Returns the edits of the file as a whole and those of the device. */
    private Optional<List<JsonNode>> cdiDevice(String name) {
        for (JsonNode document : documents()) {
            for (JsonNode device : document.path("devices")) {
                if (name.equals(document.path("kind").asText() + "="
                        + device.path("name").asText())) {
                    return Optional.of(List.of(document.path("containerEdits"), device.path("containerEdits")));
                }
            }
        }
        return Optional.empty();
    }

    private List<String> reached(List<JsonNode> edits) {
        Set<String> nodes = new HashSet<>();
        Set<String> files = new HashSet<>();
        Set<String> hooks = new HashSet<>();
        for (JsonNode part : edits) {
            nodes.addAll(part.path("deviceNodes").findValuesAsText("path"));
            files.addAll(part.path("mounts").findValuesAsText("containerPath"));
            part.path("hooks").forEach(hook -> hook.path("args").forEach(argument -> hooks.add(argument.asText())));
        }
        return reached(nodes, files, hooks);
    }

    /**
     * Returns the devices that a program with these device nodes can open, if it also has the driver's node and its
     * library where the loader finds it.
     *
     * @param hooks arguments of the hooks that have run
     */
    private List<String> reached(Set<String> nodes, Set<String> files, Set<String> hooks) {
        if (!nodes.contains(HostDriver.CONTROL_NODE)
                || !files.contains(HostDriver.LIBRARY)
                || !hooks.contains(HostDriver.LOADER_HOOK)) {
            return List.of();
        }
        return snapshot().gpus().stream()
                .filter(gpu ->
                        nodes.contains(HostDriver.gpuNode(gpu.description().minor())))
                .flatMap(gpu -> gpu.migMode().enabled()
                        ? instances(gpu, nodes)
                        : Stream.of(gpu.description().uuid()))
                .toList();
    }

    private static Stream<String> instances(MachineSnapshot.Gpu gpu, Set<String> nodes) {
        return gpu.instances().stream().flatMap(instance -> instance.computeInstances().stream()
                .filter(compute -> nodes.containsAll(
                        HostDriver.instanceNodes(gpu.description().minor(), instance.id(), compute.id())))
                .map(ComputeInstance::migUuid));
    }

    private MachineSnapshot snapshot() {
        try {
            return machine.snapshot();
        } catch (GpuException e) {
            throw new IllegalStateException("the machine cannot be looked at", e);
        }
    }

    /** Empty if the file has been removed since it was listed. */
    private static Optional<JsonNode> read(Path file) throws IOException {
        try {
            return Optional.of(JSON.readTree(Files.readString(file)));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    private List<JsonNode> documents() {
        List<JsonNode> documents = new ArrayList<>();
        try (Stream<Path> files = Files.list(cdiDirectory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                read(file).ifPresent(documents::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the CDI directory " + cdiDirectory + " cannot be read", e);
        }
        return documents;
    }
}
