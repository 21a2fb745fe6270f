package io.migpool.testbed.cluster;

import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.kubelet.CdiRegistry;
import io.migpool.testbed.kubelet.ContainerHook;
import io.migpool.testbed.kubelet.ContainerMount;
import io.migpool.testbed.kubelet.DeviceNode;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * NVIDIA's container runtime: it handles the variable that names devices, mounts that represent them, or CDI devices
 * that it resolves itself if the container engine does not. For the first two it provides everything that the devices
 * need; for CDI devices only what their files hold, ignoring variables in there. If the variable is {@code void} it
 * provides nothing, like any other runtime, and the container has what the engine added.
 *
 * @param cdi the node's CDI devices
 * @param machine the machine with the devices
 */
record NvidiaRuntime(CdiRegistry cdi, SimulatedMachine machine) {

    private static final String VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES";
    private static final String DEVICE_MOUNTS = "/var/run/nvidia-container-devices";

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
            return switch (resolve(named)) {
                case CdiRegistry.Resolution.Resolved(var edits) ->
                    reached(edits.deviceNodes(), edits.mounts(), edits.hooks());
                case CdiRegistry.Resolution.Unresolvable _ -> List.of();
            };
        }
        if (named.equals("void")) {
            return reached(container.deviceNodes(), container.mounts(), container.hooks());
        }
        return named.isEmpty() || named.equals("none") ? List.of() : names(named);
    }

    private CdiRegistry.Resolution resolve(String named) {
        try {
            return cdi.resolve(names(named));
        } catch (IOException e) {
            throw new UncheckedIOException("CDI devices " + named + " cannot be looked up", e);
        }
    }

    private static List<String> names(String list) {
        return List.of(list.split(",", -1));
    }

    /**
     * Returns the devices that a program with these device nodes can open, if it also has the driver's node and its
     * library where the loader finds it.
     */
    private List<String> reached(List<DeviceNode> deviceNodes, List<ContainerMount> mounts, List<ContainerHook> hooks) {
        Set<String> nodes = deviceNodes.stream().map(DeviceNode::path).collect(Collectors.toSet());
        if (!nodes.contains(HostDriver.CONTROL_NODE)
                || mounts.stream().noneMatch(mount -> mount.containerPath().equals(HostDriver.LIBRARY))
                || hooks.stream().noneMatch(hook -> hook.arguments().contains(HostDriver.LOADER_HOOK))) {
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
}
