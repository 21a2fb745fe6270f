package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The present state of one GPU.
 *
 * @param mode its MIG mode
 * @param processes processes that use it
 * @param occupants occupants that may use it at any time
 * @param engines its media engines
 */
record GpuLayout(
        MigMode mode,
        List<GpuInstance> instances,
        List<GpuProcess> processes,
        List<Occupant> occupants,
        MediaEngines engines) {

    /**
     * Reads it.
     *
     * @param occupants occupants of all GPUs
     */
    static GpuLayout read(GpuDriver driver, String gpuUuid, List<Occupant> occupants) throws GpuException {
        List<GpuInstance> instances = driver.instances(gpuUuid);
        return new GpuLayout(
                driver.migMode(gpuUuid),
                instances,
                driver.processes(gpuUuid),
                occupants.stream()
                        .filter(occupant -> occupant.deviceUuid().equals(gpuUuid)
                                || instances.stream().anyMatch(instance -> has(instance, occupant)))
                        .toList(),
                new MediaEngines(driver.engines(gpuUuid)));
    }

    /** Returns the same without the GPU instances that no container can use. */
    GpuLayout withDevicesOnly() {
        return new GpuLayout(
                mode,
                instances.stream()
                        .filter(instance -> !instance.computeInstances().isEmpty())
                        .toList(),
                processes,
                occupants,
                engines);
    }

    /** The layout. */
    List<LaidInstance> laidInstances() {
        return instances.stream().map(LaidInstance::of).toList();
    }

    /** Returns the names of an instance's users, from which it must not be taken away. */
    List<String> usersOf(GpuInstance instance) {
        return Stream.concat(
                        processes.stream()
                                .filter(process -> process.uses(instance))
                                .map(GpuLayout::name),
                        occupantsOf(instance).stream().map(Occupant::name))
                .distinct()
                .toList();
    }

    /** Returns the occupants of an instance. */
    List<Occupant> occupantsOf(GpuInstance instance) {
        return occupants.stream()
                .filter(occupant ->
                        has(instance, occupant) || occupant.deviceUuid().equals(instance.gpuUuid()))
                .toList();
    }

    /** Returns the names of all users of the GPU or anything on it. */
    List<String> users() {
        return Stream.concat(
                        processes.stream().map(GpuLayout::name),
                        occupants.stream().map(Occupant::name))
                .distinct()
                .toList();
    }

    /** Returns the ids of some of the processes. */
    Set<Long> processIds(Predicate<GpuProcess> which) {
        return processes.stream().filter(which).map(GpuProcess::pid).collect(Collectors.toSet());
    }

    private static boolean has(GpuInstance instance, Occupant occupant) {
        return instance.computeInstances().stream()
                .anyMatch(compute -> compute.migUuid().equals(occupant.deviceUuid()));
    }

    private static String name(GpuProcess process) {
        return "process " + process.pid();
    }
}
