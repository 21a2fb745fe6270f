package io.migpool.deviceplugin.observe;

import io.migpool.contracts.request.DistinctDevices;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.sharing.SharedRegion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Usage of the node's GPUs, instances and containers at one moment, combined from the driver and the pool.
 *
 * @param gpus GPUs that responded, by index
 * @param instances instances that both the pool and the driver know
 * @param containers devices of containers, each once, even if init containers use it too
 */
public record NodeUsage(List<Gpu> gpus, List<Instance> instances, List<ContainerDevice> containers) {

    private static final long BYTES_PER_MIB = 1L << 20;

    /**
     * A GPU.
     *
     * @param processes number of processes that hold a context on it or on a part of it
     */
    record Gpu(GpuDescription gpu, GpuUsage usage, int processes) {}

    /**
     * An instance.
     *
     * @param processes that hold a context on it
     */
    record Instance(Gpu gpu, MigInstance instance, GpuUsage.InstanceUsage usage, int processes) {}

    /**
     * A device of a container.
     *
     * @param index its position among the container's devices
     * @param limitBytes the container's memory limit, in bytes
     * @param instance the instance, if it has one
     * @param sharing what the container reports about its share, if anything
     */
    record ContainerDevice(
            PodClaim pod,
            String container,
            int index,
            String gpuUuid,
            long limitBytes,
            Optional<Instance> instance,
            Optional<Sharing> sharing) {}

    /**
     * A container's share of a software-shared GPU.
     *
     * @param lastKernelSeconds when the container's last kernel was launched, in seconds since 1970; empty if unknown
     */
    record Sharing(SharedRegion.Use use, OptionalLong lastKernelSeconds) {}

    /** Reads what containers report about their shares. */
    @FunctionalInterface
    interface Regions {
        /** Returns empty if it reports nothing. */
        Optional<SharedRegion> of(PodClaim pod, ContainerClaim container);
    }

    /** The driver's data about a GPU. */
    record Answer(GpuUsage usage, List<GpuProcess> processes) {}

    /**
     * Combines the data.
     *
     * @param descriptions the GPUs of this node
     * @param answers the driver's data, by UUID, without GPUs that did not respond
     * @param regions reads what containers on shared GPUs report
     */
    static NodeUsage of(
            List<GpuDescription> descriptions,
            Map<String, Answer> answers,
            List<MigInstance> known,
            Collection<PodClaim> claims,
            Regions regions) {
        List<Gpu> gpus = new ArrayList<>();
        List<Instance> instances = new ArrayList<>();
        for (GpuDescription description : descriptions) {
            Answer answer = answers.get(description.uuid());
            if (answer == null) {
                continue;
            }
            Gpu gpu = new Gpu(description, answer.usage(), answer.processes().size());
            gpus.add(gpu);
            known.stream()
                    .filter(instance -> instance.slice().gpuUuid().equals(description.uuid()))
                    .forEach(instance -> usageOf(instance, answer)
                            .ifPresent(usage -> instances.add(
                                    new Instance(gpu, instance, usage, processesOf(usage, answer.processes())))));
        }
        return new NodeUsage(gpus, instances, containers(claims, instances, regions));
    }

    private static Optional<GpuUsage.InstanceUsage> usageOf(MigInstance instance, Answer answer) {
        return answer.usage().instances().stream()
                .filter(usage -> instance.driverState()
                        .identity()
                        .filter(runtime -> runtime.gpuInstanceId() == usage.gpuInstanceId()
                                && runtime.computeInstanceId() == usage.computeInstanceId())
                        .isPresent())
                .findFirst();
    }

    private static int processesOf(GpuUsage.InstanceUsage usage, List<GpuProcess> processes) {
        return (int) processes.stream()
                .filter(process -> process.gpuInstanceId() == usage.gpuInstanceId()
                        && process.computeInstanceId() == usage.computeInstanceId())
                .count();
    }

    private static List<ContainerDevice> containers(
            Collection<PodClaim> claims, List<Instance> instances, Regions regions) {
        Map<Slice, Instance> active = new HashMap<>();
        instances.stream()
                .filter(used -> used.instance().state() == InstanceState.ACTIVE)
                .forEach(used -> active.put(used.instance().slice(), used));
        List<ContainerDevice> devices = new ArrayList<>();
        // A pod and its successor of the same name may both claim something for a moment; no two series may be alike.
        Set<List<Object>> seen = new LinkedHashSet<>();
        for (PodClaim pod : claims) {
            Said said = new Said(pod, regions);
            for (DistinctDevices.Owned<ClaimedDevice> owned : distinct(pod)) {
                device(said, owned, active)
                        .filter(device -> seen.add(List.of(
                                pod.namespace(), pod.name(), device.container(), device.index(), device.gpuUuid())))
                        .ifPresent(devices::add);
            }
        }
        return devices;
    }

    private static List<DistinctDevices.Owned<ClaimedDevice>> distinct(PodClaim pod) {
        return DistinctDevices.of(
                pod.containers().stream()
                        .map(container -> new DistinctDevices.Container<>(
                                container.index(), container.init(), container.devices()))
                        .toList(),
                ClaimedDevice.Mig.class::isInstance);
    }

    private static Optional<ContainerDevice> device(
            Said said, DistinctDevices.Owned<ClaimedDevice> owned, Map<Slice, Instance> active) {
        PodClaim pod = said.pod;
        String container = said.name(owned.container());
        return switch (owned.device()) {
            case ClaimedDevice.Shared shared ->
                Optional.of(new ContainerDevice(
                        pod,
                        container,
                        owned.position(),
                        shared.gpuUuid(),
                        shared.memoryMiB() * BYTES_PER_MIB,
                        Optional.empty(),
                        said.about(owned.container(), shared.gpuUuid())));
            case ClaimedDevice.Mig(Slice slice) ->
                Optional.ofNullable(active.get(slice))
                        .filter(used -> used.instance().pod().equals(Optional.of(pod.uid())))
                        .map(used -> new ContainerDevice(
                                pod,
                                container,
                                owned.position(),
                                slice.gpuUuid(),
                                used.usage().memory().totalBytes(),
                                Optional.of(used),
                                Optional.empty()));
        };
    }

    /**
     * Reports of a pod's containers, each read at most once and used at most once per GPU, because they see it as one
     * device.
     */
    private static final class Said {

        private final PodClaim pod;
        private final Regions regions;
        private final Map<Integer, ContainerClaim> containers = new HashMap<>();
        private final Map<Integer, Optional<SharedRegion>> asked = new HashMap<>();
        private final Set<List<Object>> told = new HashSet<>();

        Said(PodClaim pod, Regions regions) {
            this.pod = pod;
            this.regions = regions;
            pod.containers().forEach(container -> containers.put(container.index(), container));
        }

        String name(int container) {
            return Objects.requireNonNull(containers.get(container)).name();
        }

        Optional<Sharing> about(int container, String gpuUuid) {
            return asked.computeIfAbsent(
                            container, index -> regions.of(pod, Objects.requireNonNull(containers.get(index))))
                    .flatMap(region -> region.of(gpuUuid)
                            .filter(_ -> told.add(List.of(container, gpuUuid)))
                            .map(device -> new Sharing(device.use(), region.lastKernelSeconds())));
        }
    }
}
