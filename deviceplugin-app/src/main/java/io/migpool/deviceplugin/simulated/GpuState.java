package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * One GPU of a simulated machine at one moment.
 *
 * @param uuid {@code GPU-…}
 * @param index index, from 0
 * @param model name of its board
 * @param migEnabled whether MIG mode is on
 * @param migPending whether MIG mode will be on after the next reset
 * @param lost whether it fell off the bus
 * @param instances GPU instances, by id
 * @param holders holders of a context on it or on a part of it
 * @param faults faults for future calls; the first match applies
 * @param recovery what it needs before it is reliable again
 * @param events its events, oldest first; only the latest are kept
 */
record GpuState(
        String uuid,
        int index,
        String model,
        boolean migEnabled,
        boolean migPending,
        boolean lost,
        List<Instance> instances,
        List<Holder> holders,
        List<SimulatedFault> faults,
        RecoveryAction recovery,
        List<Event> events) {

    /** A listener can be at most this far behind. */
    private static final int EVENTS_KEPT = 64;

    private static final long BYTES_PER_MIB = 1L << 20;

    /**
     * A GPU instance.
     *
     * @param id id on its GPU
     * @param placement its place on the GPU
     * @param compute compute instances, by id
     */
    record Instance(int id, MigProfile profile, Placement placement, List<Compute> compute) {

        Instance {
            compute = List.copyOf(compute);
        }

        Instance withCompute(List<Compute> changed) {
            return new Instance(id, profile, placement, changed);
        }

        int computeSlicesUsed() {
            return compute.stream().mapToInt(Compute::slices).sum();
        }
    }

    /**
     * A compute instance.
     *
     * @param id id within its GPU instance
     * @param slices compute slices that it takes
     * @param migUuid {@code MIG-…}
     */
    record Compute(int id, int slices, String migUuid) {}

    /**
     * A process with a context.
     *
     * @param pid process id
     * @param gpuInstanceId the GPU instance, or {@link GpuProcess#NO_INSTANCE}
     * @param computeInstanceId the compute instance, or {@link GpuProcess#NO_INSTANCE}
     * @param usedMemoryMiB GPU memory in MiB
     * @param visible whether the driver lists it; monitors hold handles without being listed
     */
    record Holder(long pid, int gpuInstanceId, int computeInstanceId, long usedMemoryMiB, boolean visible) {}

    /**
     * A spontaneous event.
     *
     * @param number counts the events of the GPU, from 1
     * @param xid NVIDIA's number for the error, or {@link #NO_XID} for a change of the recovery action
     * @param gpuInstanceId the affected GPU instance, or {@link GpuProcess#NO_INSTANCE}
     * @param computeInstanceId the compute instance, or {@link GpuProcess#NO_INSTANCE}
     */
    record Event(long number, long xid, int gpuInstanceId, int computeInstanceId) {

        static final long NO_XID = -1;

        GpuEvent describe(String gpuUuid) {
            return xid == NO_XID
                    ? new GpuEvent.ConditionChanged(gpuUuid)
                    : new GpuEvent.Xid(gpuUuid, xid, gpuInstanceId, computeInstanceId);
        }
    }

    GpuState {
        instances =
                instances.stream().sorted(Comparator.comparingInt(Instance::id)).toList();
        holders = List.copyOf(holders);
        faults = List.copyOf(faults);
        events = List.copyOf(events.subList(Math.max(0, events.size() - EVENTS_KEPT), events.size()));
    }

    MigMode migMode() {
        return new MigMode(migEnabled, migPending);
    }

    Optional<Instance> instance(int id) {
        return instances.stream().filter(i -> i.id() == id).findFirst();
    }

    GpuState withMigMode(boolean enabled, boolean pending) {
        return new GpuState(uuid, index, model, enabled, pending, lost, instances, holders, faults, recovery, events);
    }

    GpuState withLost(boolean changed) {
        return new GpuState(
                uuid, index, model, migEnabled, migPending, changed, instances, holders, faults, recovery, events);
    }

    GpuState withInstances(List<Instance> changed) {
        return new GpuState(
                uuid, index, model, migEnabled, migPending, lost, changed, holders, faults, recovery, events);
    }

    GpuState withHolders(List<Holder> changed) {
        return new GpuState(
                uuid, index, model, migEnabled, migPending, lost, instances, changed, faults, recovery, events);
    }

    GpuState withFaults(List<SimulatedFault> changed) {
        return new GpuState(
                uuid, index, model, migEnabled, migPending, lost, instances, holders, changed, recovery, events);
    }

    GpuState withRecovery(RecoveryAction changed) {
        return new GpuState(
                uuid, index, model, migEnabled, migPending, lost, instances, holders, faults, changed, events);
    }

    /** Returns this state with one more event. */
    GpuState happened(long xid, int gpuInstanceId, int computeInstanceId) {
        List<Event> all = new ArrayList<>(events);
        all.add(new Event(lastEvent() + 1, xid, gpuInstanceId, computeInstanceId));
        return new GpuState(
                uuid, index, model, migEnabled, migPending, lost, instances, holders, faults, recovery, all);
    }

    /** Returns the number of the latest event, 0 if there was none. */
    long lastEvent() {
        return events.isEmpty() ? 0 : events.getLast().number();
    }

    /** Returns this state with an instance added, replacing one with the same id. */
    GpuState with(Instance instance) {
        List<Instance> all = new ArrayList<>(without(instance.id()).instances);
        all.add(instance);
        return withInstances(all);
    }

    GpuState without(int instanceId) {
        return withInstances(
                instances.stream().filter(i -> i.id() != instanceId).toList());
    }

    List<GpuInstance> describeInstances() {
        return instances.stream().map(this::describe).toList();
    }

    GpuInstance describe(Instance instance) {
        return new GpuInstance(
                uuid,
                instance.id(),
                instance.profile(),
                instance.placement(),
                instance.compute().stream()
                        .map(compute -> describe(instance.profile(), compute))
                        .toList());
    }

    static ComputeInstance describe(MigProfile gpuInstance, Compute compute) {
        return new ComputeInstance(compute.id(), gpuInstance.withComputeSlices(compute.slices()), compute.migUuid());
    }

    /** Returns the memory usage of the GPU and its MIG devices. */
    GpuUsage describeUsage(Board board) {
        List<GpuUsage.InstanceUsage> used = new ArrayList<>();
        for (Instance instance : instances) {
            long total = board.profile(instance.profile())
                    .map(offered -> offered.capability().memoryMiB())
                    .orElse(0L);
            GpuUsage.MemoryUse memory = memory(total, holder -> holder.gpuInstanceId() == instance.id());
            instance.compute()
                    .forEach(compute -> used.add(new GpuUsage.InstanceUsage(
                            instance.id(), compute.id(), memory, OptionalDouble.empty(), OptionalDouble.empty())));
        }
        OptionalDouble idle = !migEnabled ? OptionalDouble.of(0) : OptionalDouble.empty();
        return new GpuUsage(Optional.of(memory(board.memoryMiB(), _ -> true)), idle, idle, used);
    }

    /** Returns the features of the board and the MIG devices. */
    GpuFeatures describeFeatures(Board board) {
        List<GpuFeatures.DeviceFeatures> devices = new ArrayList<>();
        for (Instance instance : instances) {
            board.profile(instance.profile()).ifPresent(profile -> instance.compute()
                    .forEach(compute -> devices.add(profile.features(instance.id(), compute.id(), compute.slices()))));
        }
        return new GpuFeatures(
                Optional.of(board.computeCapability()), OptionalInt.of(GpuFeatures.PCI_3D_CONTROLLER), devices);
    }

    private GpuUsage.MemoryUse memory(long totalMiB, Predicate<Holder> counts) {
        long usedMiB =
                holders.stream().filter(counts).mapToLong(Holder::usedMemoryMiB).sum();
        return new GpuUsage.MemoryUse(usedMiB * BYTES_PER_MIB, totalMiB * BYTES_PER_MIB);
    }

    /** Returns the processes that the driver lists. */
    List<GpuProcess> describeProcesses() {
        return holders.stream()
                .filter(Holder::visible)
                .map(h -> new GpuProcess(h.pid(), h.gpuInstanceId(), h.computeInstanceId(), h.usedMemoryMiB()))
                .sorted(Comparator.comparingLong(GpuProcess::pid))
                .toList();
    }
}
