package io.migpool.deviceplugin.model;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** What really exists on the node: its GPUs, everybody's instances, and the processes in them. */
final class ModelMachine implements AutoCloseable {

    private static final String BOARDS = "NVIDIA A100-SXM4-80GB, NVIDIA A100-SXM4-80GB, NVIDIA A30";
    private static final int MOST_STRANGERS = 3;

    private final Random random;
    private final SimulatedMachine machine;
    private final GpuDriver sound;
    private final List<GpuDescription> gpus;
    private final List<Slice> everySlice = new ArrayList<>();
    private final List<GpuInstance> foreign = new ArrayList<>();
    /** Instances that only a pod's annotations prove; if it ends before they are looked at, they are nobody's. */
    private final List<GpuInstance> inDoubt = new ArrayList<>();

    private final Map<Long, String> processes = new TreeMap<>();
    private final Set<String> lost = new HashSet<>();
    private long pids = 1000;

    ModelMachine(Random random) throws GpuException {
        this.random = random;
        this.machine = SimulatedMachine.inMemory(MachineSpec.of(BOARDS).withSeed(random.nextLong()));
        this.sound = machine.openDriver();
        this.gpus = sound.gpus();
        gpus.forEach(gpu -> gpu.profiles().stream()
                .filter(profile -> profile.profile().isPlain())
                .forEach(profile -> profile.placements()
                        .forEach(placement -> everySlice.add(new Slice(gpu.uuid(), profile.profile(), placement)))));
    }

    GpuDriver openDriver() {
        return machine.openDriver();
    }

    List<GpuDescription> gpus() {
        return gpus;
    }

    Slice anySlice() {
        return everySlice.get(random.nextInt(everySlice.size()));
    }

    boolean isLost(String gpuUuid) {
        return lost.contains(gpuUuid);
    }

    boolean isAnyLost() {
        return !lost.isEmpty();
    }

    boolean isForeign(GpuInstance instance) {
        return foreign.stream().anyMatch(instance::isSameAs);
    }

    /** Instances on all GPUs that can be read. */
    List<GpuInstance> instances() throws GpuException {
        List<GpuInstance> instances = new ArrayList<>();
        for (GpuDescription gpu : gpus) {
            if (!isLost(gpu.uuid())) {
                instances.addAll(sound.instances(gpu.uuid()));
            }
        }
        return instances;
    }

    /** What these MIG UUIDs stand for; those that stand for nothing are left out. */
    Map<Slice, MigRuntime> identify(Collection<String> migUuids) throws GpuException {
        Map<Slice, MigRuntime> identified = new TreeMap<>();
        for (GpuInstance instance : instances()) {
            for (ComputeInstance ci : instance.computeInstances()) {
                if (migUuids.contains(ci.migUuid())) {
                    identified.put(
                            new Slice(instance.gpuUuid(), instance.profile(), instance.placement()),
                            new MigRuntime(ci.migUuid(), instance.id(), ci.id()));
                }
            }
        }
        return identified;
    }

    /**
     * Somebody cuts an instance, reserved or not.
     *
     * @param expected slices of which the agent may have a half-made instance: in the very place of one nobody could
     *     tell the two apart
     */
    String stranger(Collection<Slice> expected) throws GpuException {
        Slice slice = anySlice();
        if (foreign.size() >= MOST_STRANGERS || expected.contains(slice) || isLost(slice.gpuUuid())) {
            return "no stranger";
        }
        try {
            foreign.add(machine.createForeignInstance(
                    slice.gpuUuid(),
                    slice.profile(),
                    slice.placement(),
                    slice.profile().computeSlices()));
            return "a stranger cuts " + slice;
        } catch (GpuException e) {
            return "a stranger finds no room for " + slice + ": " + e.code();
        }
    }

    boolean isInDoubt(GpuInstance instance) {
        return inDoubt.stream().anyMatch(instance::isSameAs);
    }

    /** Nobody knows any more whose the instances are that have none of these MIG UUIDs. */
    void disownAllBut(Set<String> migUuids) throws GpuException {
        for (GpuInstance instance : instances()) {
            if (instance.computeInstances().stream().anyMatch(ci -> migUuids.contains(ci.migUuid()))) {
                inDoubt.add(instance);
            } else if (!isForeign(instance)) {
                foreign.add(instance);
            }
        }
    }

    String strangerLeaves() throws GpuException {
        if (foreign.isEmpty() || isLost(foreign.getFirst().gpuUuid())) {
            return "no stranger leaves";
        }
        GpuInstance leaving = foreign.removeFirst();
        for (ComputeInstance ci : leaving.computeInstances()) {
            sound.destroyComputeInstance(leaving, ci);
        }
        sound.destroyGpuInstance(leaving);
        return "a stranger leaves " + leaving;
    }

    /** Fails if an instance that a stranger made is gone. */
    void requireStrangers() throws GpuException {
        List<GpuInstance> instances = instances();
        for (GpuInstance stranger : foreign) {
            if (!isLost(stranger.gpuUuid()) && instances.stream().noneMatch(stranger::isSameAs)) {
                throw new AssertionError(stranger + " of a stranger is gone");
            }
        }
    }

    void startProcess(String migUuid) throws GpuException {
        machine.startProcess(migUuid, ++pids, 10);
        processes.put(pids, migUuid);
    }

    boolean isAnyProcessIn(Collection<String> migUuids) {
        return processes.values().stream().anyMatch(migUuids::contains);
    }

    String processEnds() throws GpuException {
        if (processes.isEmpty()) {
            return "no process ends";
        }
        List<Long> all = List.copyOf(processes.keySet());
        long pid = all.get(random.nextInt(all.size()));
        machine.endProcess(pid);
        processes.remove(pid);
        return "a process ends";
    }

    void endProcessesIn(Collection<String> migUuids) throws GpuException {
        for (Map.Entry<Long, String> process : Map.copyOf(processes).entrySet()) {
            if (migUuids.contains(process.getValue())) {
                machine.endProcess(process.getKey());
                processes.remove(process.getKey());
            }
        }
    }

    void endProcessesOutside(Collection<String> migUuids) throws GpuException {
        List<String> outside = processes.values().stream()
                .filter(uuid -> !migUuids.contains(uuid))
                .toList();
        endProcessesIn(outside);
    }

    /** A GPU falls off the bus. */
    String lose() throws GpuException {
        String gpu = gpus.get(random.nextInt(gpus.size())).uuid();
        machine.loseGpu(gpu);
        lost.add(gpu);
        return gpu;
    }

    /** Resets a GPU that is lost, if one is: its processes end, its instances are gone. */
    Optional<String> resetLost() throws GpuException {
        Optional<String> found = lost.stream().findFirst();
        if (found.isPresent()) {
            endProcessesIn(List.copyOf(processes.values()));
            machine.resetGpu(found.get());
            lost.remove(found.get());
            foreign.removeIf(instance -> instance.gpuUuid().equals(found.get()));
        }
        return found;
    }

    void reboot() throws GpuException {
        machine.reboot();
        processes.clear();
        lost.clear();
        foreign.clear();
    }

    @Override
    public void close() {
        sound.close();
        machine.close();
    }
}
