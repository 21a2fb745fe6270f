package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.simulated.MachineState.Changed;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * The port on a simulated machine. A mutation locks its GPU, is refused immediately if the rules forbid it, waits for
 * its latency, and then changes the state in one step; only the lock of that GPU is held during the wait.
 */
final class SimulatedGpuDriver implements GpuDriver {

    private static final System.Logger LOG = System.getLogger(SimulatedGpuDriver.class.getName());
    private static final String ALL_GPUS = "all GPUs";

    private final StateStore store;
    private final BoardCatalogue boards;
    private final SimulatedLinks links;
    private final Duration latency;
    private final Pause pause;
    private final Runnable whenClosed;
    /** Carries out calls that have already failed; shut down with the driver. */
    private final ExecutorService late = Executors.newVirtualThreadPerTaskExecutor();

    private volatile boolean closed;

    /**
     * Creates a driver on a machine.
     *
     * @param links the NVLinks between its GPUs
     * @param latency time that it takes to create or destroy a GPU instance; compute instances take no extra time
     * @param pause waits
     * @param whenClosed run once when the driver is closed
     */
    SimulatedGpuDriver(
            StateStore store,
            BoardCatalogue boards,
            SimulatedLinks links,
            Duration latency,
            Pause pause,
            Runnable whenClosed) {
        this.store = store;
        this.boards = boards;
        this.links = links;
        this.latency = latency;
        this.pause = pause;
        this.whenClosed = whenClosed;
    }

    /** Waits. */
    @FunctionalInterface
    interface Pause {
        void take(Duration time) throws InterruptedException;
    }

    /**
     * A mutation; applied once to check whether it is allowed, and once to take effect.
     *
     * @param <T> type of the result
     */
    @FunctionalInterface
    private interface Mutation<T> {
        Changed<T> apply(MachineState state, GpuRules rules) throws GpuException;
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        requireOpen("gpus", ALL_GPUS);
        return store.read().gpus().stream()
                .map(gpu -> boards.board(gpu.model()).describe(gpu.uuid(), gpu.index()))
                .toList();
    }

    @Override
    public String bootId() throws GpuException {
        requireOpen("bootId", ALL_GPUS);
        return store.read().bootId();
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        GpuRules rules = query("migMode", gpuUuid);
        rules.requireMigSupport();
        return rules.gpu().migMode();
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return query("instances", gpuUuid).gpu().describeInstances();
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return query("processes", gpuUuid).gpu().describeProcesses();
    }

    /** Returns the memory of its holders; utilisation is not simulated. */
    @Override
    public GpuUsage usage(String gpuUuid) throws GpuException {
        GpuRules rules = query("usage", gpuUuid);
        return rules.gpu().describeUsage(rules.board());
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException {
        return query("engines", gpuUuid).board().profiles().stream()
                .collect(Collectors.toMap(profile -> profile.capability().profile(), Board.Profile::allEngines));
    }

    @Override
    public GpuFeatures features(String gpuUuid) throws GpuException {
        GpuRules rules = query("features", gpuUuid);
        return rules.gpu().describeFeatures(rules.board());
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        return Optional.of(query("recoveryAction", gpuUuid).gpu().recovery());
    }

    @Override
    public List<GpuLink> links() throws GpuException {
        requireOpen("links", ALL_GPUS);
        return links.between(
                store.read().gpus().stream().filter(gpu -> !gpu.lost()).toList());
    }

    @Override
    public GpuEvents events() throws GpuException {
        requireOpen(SimulatedEvents.CALL, ALL_GPUS);
        return new SimulatedEvents(store, () -> closed);
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return mutate("enableMig", gpuUuid, Duration.ZERO, (state, rules) -> {
            GpuState gpu = rules.enableMig();
            return new Changed<>(state.with(gpu), gpu.migMode());
        });
    }

    @Override
    public Optional<MigModeSwitch> modeSwitch() {
        return Optional.of(new MigModeSwitch() {
            @Override
            public MigMode disableMig(String gpuUuid) throws GpuException {
                return mutate("disableMig", gpuUuid, Duration.ZERO, (state, rules) -> {
                    GpuState gpu = rules.disableMig();
                    return new Changed<>(state.with(gpu), gpu.migMode());
                });
            }

            @Override
            public boolean canReset(String gpuUuid) throws GpuException {
                var _ = query("canReset", gpuUuid);
                return true;
            }

            @Override
            public MigMode reset(String gpuUuid) throws GpuException {
                return mutate("reset", gpuUuid, Duration.ZERO, (state, rules) -> {
                    GpuState gpu = rules.reset();
                    return new Changed<>(state.with(gpu), gpu.migMode());
                });
            }
        });
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return mutate("createGpuInstance", gpuUuid, latency, (state, rules) -> {
            GpuState.Instance instance = rules.newInstance(profile, placement);
            GpuState gpu = rules.gpu().with(instance);
            return new Changed<>(state.with(gpu), gpu.describe(instance));
        });
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        return mutate("createComputeInstance", instance.gpuUuid(), Duration.ZERO, (state, rules) -> {
            GpuState.Instance present = rules.find(instance);
            Changed<UUID> drawn = state.drawUuid();
            GpuState.Compute compute = rules.newCompute(present, computeSlices, "MIG-" + drawn.result());
            List<GpuState.Compute> all = new ArrayList<>(present.compute());
            all.add(compute);
            return new Changed<>(
                    drawn.state().with(rules.gpu().with(present.withCompute(all))),
                    GpuState.describe(present.profile(), compute));
        });
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        mutate("destroyComputeInstance", instance.gpuUuid(), Duration.ZERO, (state, rules) -> {
            GpuState gpu = rules.destroyCompute(instance, computeInstance);
            return new Changed<>(state.with(gpu), gpu);
        });
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        mutate("destroyGpuInstance", instance.gpuUuid(), latency, (state, rules) -> {
            GpuState gpu = rules.destroyInstance(instance);
            return new Changed<>(state.with(gpu), gpu);
        });
    }

    private GpuRules query(String call, String gpuUuid) throws GpuException {
        requireOpen(call, gpuUuid);
        rules(call, store.read(), gpuUuid);
        Optional<SimulatedFault> fault = nextFault(call, gpuUuid);
        if (fault.isPresent()) {
            stall(call, gpuUuid, fault.get());
            if (fault.get().effect() != SimulatedFault.Effect.DONE_LATE) {
                throw injected(call, gpuUuid, fault.get());
            }
        }
        return rules(call, store.read(), gpuUuid);
    }

    private <T> T mutate(String call, String gpuUuid, Duration takes, Mutation<T> mutation) throws GpuException {
        requireOpen(call, gpuUuid);
        int index = rules(call, store.read(), gpuUuid).gpu().index();
        try (StateStore.Hold ignored = store.holdGpu(index)) {
            Optional<SimulatedFault> fault = nextFault(call, gpuUuid);
            if (fault.isPresent()) {
                if (fault.get().effect() == SimulatedFault.Effect.FAILED_AND_DONE_LATE) {
                    late.execute(() -> doLate(call, gpuUuid, fault.get(), mutation));
                    throw injected(call, gpuUuid, fault.get());
                }
                stall(call, gpuUuid, fault.get());
                if (fault.get().effect() == SimulatedFault.Effect.REFUSED) {
                    throw injected(call, gpuUuid, fault.get());
                }
            }
            MachineState before = store.read();
            mutation.apply(before, rules(call, before, gpuUuid));
            pause(call, gpuUuid, takes);
            T result = store.update(state -> {
                requireSameBoot(call, gpuUuid, before, state);
                return mutation.apply(state, rules(call, state, gpuUuid));
            });
            if (fault.isPresent() && fault.get().effect() == SimulatedFault.Effect.DONE_AND_FAILED) {
                throw injected(call, gpuUuid, fault.get());
            }
            return result;
        }
    }

    private <T> void doLate(String call, String gpuUuid, SimulatedFault fault, Mutation<T> mutation) {
        try {
            stall(call, gpuUuid, fault);
            try (StateStore.Hold ignored =
                    store.holdGpu(rules(call, store.read(), gpuUuid).gpu().index())) {
                var _ = store.update(state -> mutation.apply(state, rules(call, state, gpuUuid)));
            }
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "a delayed action is no longer possible", e);
        }
    }

    private GpuRules rules(String call, MachineState state, String gpuUuid) throws GpuException {
        GpuState gpu = state.gpu(gpuUuid)
                .orElseThrow(() -> new GpuException(
                        GpuErrorCode.NOT_FOUND, call, gpuUuid, "this machine has no GPU of that UUID"));
        GpuRules rules = new GpuRules(call, boards.board(gpu.model()), gpu);
        rules.requirePresent();
        return rules;
    }

    private static void requireSameBoot(String call, String gpuUuid, MachineState before, MachineState now)
            throws GpuException {
        if (!before.bootId().equals(now.bootId())) {
            throw new GpuException(GpuErrorCode.GPU_LOST, call, gpuUuid, "the machine rebooted meanwhile");
        }
    }

    /** Returns the fault for this call, if any, and counts it as used. */
    private Optional<SimulatedFault> nextFault(String call, String gpuUuid) throws GpuException {
        if (rules(call, store.read(), gpuUuid).gpu().faults().isEmpty()) {
            return Optional.empty();
        }
        return store.update(state -> {
            GpuState gpu = rules(call, state, gpuUuid).gpu();
            Optional<SimulatedFault> fault =
                    gpu.faults().stream().filter(f -> f.matches(call)).findFirst();
            if (fault.isEmpty()) {
                return new Changed<>(state, fault);
            }
            List<SimulatedFault> rest = new ArrayList<>(gpu.faults());
            int position = rest.indexOf(fault.get());
            if (fault.get().times() > 1) {
                rest.set(position, fault.get().usedOnce());
            } else {
                rest.remove(position);
            }
            return new Changed<>(state.with(gpu.withFaults(rest)), fault);
        });
    }

    private static GpuException injected(String call, String gpuUuid, SimulatedFault fault) {
        return new GpuException(fault.code(), call, gpuUuid, "injected fault");
    }

    private void stall(String call, String gpuUuid, SimulatedFault fault) throws GpuException {
        pause(call, gpuUuid, Duration.ofMillis(fault.delayMillis()));
    }

    private void pause(String call, String gpuUuid, Duration time) throws GpuException {
        if (time.isZero()) {
            return;
        }
        try {
            pause.take(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GpuException(GpuErrorCode.TIMEOUT, call, gpuUuid, "interrupted before it was done", e);
        }
    }

    private void requireOpen(String call, String gpuUuid) throws GpuException {
        if (closed) {
            throw new GpuException(GpuErrorCode.INVALID_ARGUMENT, call, gpuUuid, "the driver is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            late.shutdownNow();
            whenClosed.run();
        }
    }
}
