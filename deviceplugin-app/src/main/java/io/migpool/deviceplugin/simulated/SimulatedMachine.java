package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.simulated.MachineState.Changed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A simulated machine with GPUs, for acting on it from outside the agent like operators, other software and broken
 * hardware. With a file, any number of machines, drivers and processes share the same GPUs.
 *
 * <p>Failures are reported as {@link GpuException}, even for operations that no driver has.
 */
public final class SimulatedMachine implements AutoCloseable {

    private final StateStore store;
    private final BoardCatalogue boards;

    private SimulatedMachine(StateStore store, BoardCatalogue boards) {
        this.store = store;
        this.boards = boards;
    }

    /**
     * Returns a machine in memory, shared only by this object and its drivers.
     *
     * @throws IllegalArgumentException if a board is not known
     */
    public static SimulatedMachine inMemory(MachineSpec spec) {
        BoardCatalogue boards = BoardCatalogue.load();
        return new SimulatedMachine(new MemoryStore(spec.build(boards)), boards);
    }

    /**
     * Returns the machine in a file, built from {@code spec} if the file does not exist; otherwise the file determines
     * it.
     *
     * @param stateFile the file; its directory is created if needed, and there is a lock file next to it
     * @throws IllegalArgumentException if a board is not known
     * @throws GpuException if the file cannot be read or written
     */
    public static SimulatedMachine onFile(Path stateFile, MachineSpec spec) throws GpuException {
        BoardCatalogue boards = BoardCatalogue.load();
        return new SimulatedMachine(FileStore.open(stateFile, () -> spec.build(boards)), boards);
    }

    /** Opens a driver on this machine whose mutations take no time; close it before the machine. */
    public GpuDriver openDriver() {
        return openDriver(Duration.ZERO);
    }

    /**
     * Opens a driver on this machine; close it before the machine.
     *
     * @param latency time that it takes to create or destroy a GPU instance
     */
    public GpuDriver openDriver(Duration latency) {
        return driver(latency, Thread::sleep, () -> {});
    }

    SimulatedGpuDriver driver(Duration latency, SimulatedGpuDriver.Pause pause, Runnable whenClosed) {
        return driver(SimulatedLinks.NONE, latency, pause, whenClosed);
    }

    SimulatedGpuDriver driver(
            SimulatedLinks links, Duration latency, SimulatedGpuDriver.Pause pause, Runnable whenClosed) {
        return new SimulatedGpuDriver(store, boards, links, latency, pause, whenClosed);
    }

    /** Returns everything at one moment, for display and for assertions. */
    public MachineSnapshot snapshot() throws GpuException {
        MachineState state = store.read();
        return new MachineSnapshot(
                state.bootId(),
                state.gpus().stream()
                        .map(gpu -> new MachineSnapshot.Gpu(
                                boards.board(gpu.model()).describe(gpu.uuid(), gpu.index()),
                                gpu.migMode(),
                                gpu.lost(),
                                gpu.describeInstances(),
                                gpu.describeProcesses()))
                        .toList());
    }

    /**
     * Lets a process open a context.
     *
     * @param deviceUuid {@code MIG-…} or, for the GPU as a whole, {@code GPU-…}
     * @param pid process id
     * @param usedMemoryMiB GPU memory that it takes, in MiB
     * @throws GpuException {@code NOT_FOUND} if there is no such device; {@code GPU_LOST}
     */
    public void startProcess(String deviceUuid, long pid, long usedMemoryMiB) throws GpuException {
        hold("startProcess", deviceUuid, pid, usedMemoryMiB, true);
    }

    /**
     * Lets a process hold a handle without being listed, as monitors do: destroying is refused although no process is
     * visible. It ends with {@link #endProcess}.
     */
    public void holdUnseen(String deviceUuid, long pid) throws GpuException {
        hold("holdUnseen", deviceUuid, pid, 0, false);
    }

    private void hold(String call, String deviceUuid, long pid, long usedMemoryMiB, boolean visible)
            throws GpuException {
        store.update(state -> {
            for (GpuState gpu : state.gpus()) {
                Optional<GpuState.Holder> holder = holder(gpu, deviceUuid, pid, usedMemoryMiB, visible);
                if (holder.isPresent()) {
                    new GpuRules(call, boards.board(gpu.model()), gpu).requirePresent();
                    List<GpuState.Holder> holders = new ArrayList<>(gpu.holders());
                    holders.add(holder.get());
                    return new Changed<>(state.with(gpu.withHolders(holders)), pid);
                }
            }
            throw new GpuException(GpuErrorCode.NOT_FOUND, call, deviceUuid, "no device has that UUID");
        });
    }

    private static Optional<GpuState.Holder> holder(
            GpuState gpu, String deviceUuid, long pid, long usedMemoryMiB, boolean visible) {
        if (gpu.uuid().equals(deviceUuid)) {
            return Optional.of(
                    new GpuState.Holder(pid, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, usedMemoryMiB, visible));
        }
        return gpu.instances().stream()
                .flatMap(instance -> instance.compute().stream()
                        .filter(c -> c.migUuid().equals(deviceUuid))
                        .map(c -> new GpuState.Holder(pid, instance.id(), c.id(), usedMemoryMiB, visible)))
                .findFirst();
    }

    /** Ends a process, which releases everything; does nothing if there is no such process. */
    public void endProcess(long pid) throws GpuException {
        store.update(state -> new Changed<>(
                state.withGpus(state.gpus().stream()
                        .map(gpu -> gpu.withHolders(gpu.holders().stream()
                                .filter(h -> h.pid() != pid)
                                .toList()))
                        .toList()),
                pid));
    }

    /**
     * Creates an instance from outside the agent.
     *
     * @param computeSlices sizes of its compute instances, in compute slices; none for a bare GPU instance
     * @return the instance with its compute instances
     * @throws GpuException if the driver would refuse it
     */
    public GpuInstance createForeignInstance(
            String gpuUuid, MigProfile profile, Placement placement, int... computeSlices) throws GpuException {
        try (SimulatedGpuDriver other = driver(Duration.ZERO, Thread::sleep, () -> {})) {
            GpuInstance instance = other.createGpuInstance(gpuUuid, profile, placement);
            for (int slices : computeSlices) {
                other.createComputeInstance(instance, slices);
            }
            return other.instances(gpuUuid).stream()
                    .filter(instance::isSameAs)
                    .findFirst()
                    .orElse(instance);
        }
    }

    /**
     * Resets a GPU: instances are gone, a pending MIG mode is in force, a lost GPU is back.
     *
     * @throws GpuException {@code IN_USE} if a process holds it
     */
    public void resetGpu(String gpuUuid) throws GpuException {
        int index = rules("resetGpu", store.read(), gpuUuid).gpu().index();
        try (StateStore.Hold ignored = store.holdGpu(index)) {
            store.update(state ->
                    new Changed<>(state.with(rules("resetGpu", state, gpuUuid).reset()), gpuUuid));
        }
    }

    /**
     * Reboots the machine: processes and instances are gone, there is a new boot id. Boards that change MIG mode by a
     * reset remember it, the others come back with MIG mode off.
     *
     * @return the new boot id
     */
    public String reboot() throws GpuException {
        return store.update(state -> {
            List<GpuState> gpus = new ArrayList<>();
            for (GpuState gpu : state.gpus()) {
                gpus.add(rules("reboot", state, gpu.uuid()).reboot());
            }
            var drawn = state.withGpus(gpus).drawUuid();
            String bootId = drawn.result().toString();
            return new Changed<>(drawn.state().withBootId(bootId), bootId);
        });
    }

    /** Makes the GPU fall off the bus; {@link #resetGpu} or {@link #reboot} bring it back. */
    public void loseGpu(String gpuUuid) throws GpuException {
        store.update(state ->
                new Changed<>(state.with(rules("loseGpu", state, gpuUuid).gpu().withLost(true)), gpuUuid));
    }

    /**
     * Makes the driver report an Xid.
     *
     * @param deviceUuid the affected MIG device, {@code MIG-…}, or {@code GPU-…} for the GPU as a whole
     * @param xid NVIDIA's number for the error
     * @throws GpuException {@code NOT_FOUND} if there is no such device
     */
    public void raiseXid(String deviceUuid, long xid) throws GpuException {
        store.update(state -> {
            for (GpuState gpu : state.gpus()) {
                Optional<GpuState.Holder> hit = holder(gpu, deviceUuid, 0, 0, false);
                if (hit.isPresent()) {
                    GpuState after = gpu.happened(
                            xid, hit.get().gpuInstanceId(), hit.get().computeInstanceId());
                    return new Changed<>(state.with(after), xid);
                }
            }
            throw new GpuException(GpuErrorCode.NOT_FOUND, "raiseXid", deviceUuid, "no device has that UUID");
        });
    }

    /** Makes the driver report this recovery action until the GPU is reset or the machine rebooted. */
    public void needRecovery(String gpuUuid, RecoveryAction action) throws GpuException {
        store.update(state -> {
            GpuState gpu = rules("needRecovery", state, gpuUuid).gpu().withRecovery(action);
            return new Changed<>(
                    state.with(gpu.happened(GpuState.Event.NO_XID, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE)),
                    action);
        });
    }

    /** Injects a fault into calls about a GPU; several faults apply in order. */
    public void inject(String gpuUuid, SimulatedFault fault) throws GpuException {
        store.update(state -> {
            GpuState gpu = rules("inject", state, gpuUuid).gpu();
            List<SimulatedFault> faults = new ArrayList<>(gpu.faults());
            faults.add(fault);
            return new Changed<>(state.with(gpu.withFaults(faults)), fault);
        });
    }

    private GpuRules rules(String call, MachineState state, String gpuUuid) throws GpuException {
        GpuState gpu = state.gpu(gpuUuid)
                .orElseThrow(() -> new GpuException(
                        GpuErrorCode.NOT_FOUND, call, gpuUuid, "this machine has no GPU of that UUID"));
        return new GpuRules(call, boards.board(gpu.model()), gpu);
    }

    /** Releases the machine; one in a file persists. */
    @Override
    public void close() {
        store.close();
    }
}
