package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The basic steps on one GPU: read, create, destroy. Keeps the table in line with the driver after each of them. Used
 * on the GPU's thread only, so the agent changes nothing between two lines; other processes may, so every step reads
 * again.
 */
final class GpuCutter {

    private static final System.Logger LOG = System.getLogger(GpuCutter.class.getName());

    /** A destruction that has failed for this long without a reason will not succeed soon. */
    private static final Duration LONGEST_DESTROYING = Duration.ofSeconds(30);

    /** A creation that timed out may still complete within this time. */
    private static final Duration LONGEST_CREATION = Duration.ofMinutes(3);

    private final String gpuUuid;
    private final GpuDriver driver;
    private final InstanceTable table;
    private final OwnershipLog ownership;
    private final InstantSource clock;
    private final PoolObserver observer;
    /**
     * Times of creations that timed out and whose outcome is not known yet. The driver makes one change after another,
     * so when it answers the next creation, earlier ones have ended.
     */
    private final Map<Slice, Instant> unanswered = new HashMap<>();

    private final Refusals refusals = new Refusals();

    GpuCutter(
            String gpuUuid,
            GpuDriver driver,
            InstanceTable table,
            OwnershipLog ownership,
            InstantSource clock,
            PoolObserver observer) {
        this.gpuUuid = gpuUuid;
        this.driver = driver;
        this.table = table;
        this.ownership = ownership;
        this.clock = clock;
        this.observer = observer;
    }

    /** Reads the GPU's instances and updates the table: vanished ones are removed, unknown ones are foreign. */
    void look() throws GpuException {
        List<GpuInstance> unknown = new ArrayList<>(driver.instances(gpuUuid));
        for (MigInstance known : table.snapshot()) {
            Optional<GpuInstance> present =
                    unknown.stream().filter(gi -> isSame(known, gi)).findFirst();
            if (present.isPresent()) {
                unknown.remove(present.get());
                refresh(known, present.get());
            } else if (!mayStillCome(known)) {
                if (known.state() == InstanceState.ACTIVE) {
                    LOG.log(Level.WARNING, "{0} vanished; it is created again when its pod starts a container", known);
                }
                table.remove(known);
            }
        }
        for (GpuInstance gi : unknown) {
            LOG.log(Level.INFO, "{0} was not created by this pool; its placement counts as taken", gi);
            forgetWhatCannotCome(gi);
            table.put(new MigInstance(
                    new Slice(gpuUuid, gi.profile(), gi.placement()),
                    InstanceState.FOREIGN,
                    driverStateOf(gi),
                    null,
                    now()));
        }
    }

    /** Drops pending creations in the place of a foreign instance, because they cannot have succeeded. */
    private void forgetWhatCannotCome(GpuInstance foreign) throws GpuException {
        for (MigInstance other : table.overlapping(foreign.placement())) {
            if (!(other.driverState() instanceof DriverState.Nothing)) {
                throw new GpuException(
                        GpuErrorCode.UNKNOWN,
                        "instances",
                        gpuUuid,
                        foreign + " is listed with " + other + " in its place");
            }
            table.remove(other);
        }
    }

    private boolean mayStillCome(MigInstance known) {
        Instant since = unanswered.get(known.slice());
        return since != null
                && known.driverState() instanceof DriverState.Nothing
                && Duration.between(since, now()).compareTo(LONGEST_CREATION) < 0;
    }

    private static boolean isSame(MigInstance known, GpuInstance gi) {
        boolean samePlace = known.slice().profile().equals(gi.profile())
                && known.slice().placement().equals(gi.placement());
        boolean sameId = known.driverState().instanceId().isEmpty()
                || known.driverState().instanceId().getAsInt() == gi.id();
        boolean sameUuid = known.driverState()
                .identity()
                .flatMap(runtime ->
                        gi.wholeComputeInstance().map(ci -> ci.migUuid().equals(runtime.migUuid())))
                .orElse(true);
        return samePlace && sameId && sameUuid;
    }

    private void refresh(MigInstance known, GpuInstance gi) {
        DriverState state = driverStateOf(gi);
        boolean whole = state instanceof DriverState.Whole;
        MigInstance refreshed =
                switch (known.state()) {
                    // The agent ended between creating the compute instance and recording it.
                    case CREATING ->
                        whole
                                ? known.become(InstanceState.ACTIVE, state, known.podUid(), now())
                                : known.withDriverState(state);
                    case ACTIVE ->
                        whole
                                ? known.withDriverState(state)
                                : known.become(InstanceState.CREATING, state, known.podUid(), now());
                    case IDLE ->
                        whole
                                ? known.withDriverState(state)
                                : known.become(InstanceState.DESTROYING, state, null, now());
                    case DESTROYING, STUCK, QUARANTINED, FOREIGN -> known.withDriverState(state);
                };
        table.put(refreshed);
    }

    private static DriverState driverStateOf(GpuInstance gi) {
        return gi.wholeComputeInstance()
                .<DriverState>map(ci -> new DriverState.Whole(new MigRuntime(ci.migUuid(), gi.id(), ci.id())))
                .orElseGet(() -> new DriverState.GpuInstanceOnly(gi.id()));
    }

    /** Returns whether a process holds a context in the instance. */
    boolean inUse(MigInstance instance) throws GpuException {
        if (instance.driverState().instanceId().isEmpty()) {
            return false;
        }
        GpuInstance gi =
                asDriverSees(instance, instance.driverState().instanceId().getAsInt());
        return driver.processes(gpuUuid).stream().anyMatch(process -> process.uses(gi));
    }

    /**
     * Creates an instance for a pod, or completes one of which only the GPU instance exists. The intent is on disk
     * before the driver is called, so that after a crash the result is known to be ours.
     *
     * @throws GpuException if the driver refuses; nothing of the instance is left then, unless the code leaves that
     *     open
     * @throws RealisationException if the intent cannot be saved; the driver was not called
     */
    void create(Slice slice, String podUid) throws GpuException, RealisationException {
        Instant meantAt = now();
        MigInstance meant = table.at(slice.placement())
                .filter(instance -> instance.state() == InstanceState.CREATING)
                .map(instance -> new MigInstance(
                        slice, InstanceState.CREATING, instance.driverState(), podUid, meantAt, instance.distrusted()))
                .orElseGet(() ->
                        new MigInstance(slice, InstanceState.CREATING, new DriverState.Nothing(), podUid, meantAt));
        table.put(meant);
        saveIntent(meant);
        Instant begin = now();
        try {
            GpuInstance gi = gpuInstance(meant);
            ComputeInstance ci = computeInstance(meant, gi);
            MigRuntime runtime = new MigRuntime(ci.migUuid(), gi.id(), ci.id());
            table.put(meant.become(InstanceState.ACTIVE, new DriverState.Whole(runtime), podUid, now()));
            ownership.saveSoon();
            refusals.succeeded();
            observer.created(slice, Duration.between(begin, now()), Optional.empty());
        } catch (GpuException e) {
            refusals.failed(e, now());
            observer.created(slice, Duration.between(begin, now()), Optional.of(e.code()));
            throw e;
        }
    }

    /** Returns why the GPU creates nothing although it answers, if so; may be called from any thread. */
    Optional<GpuException> refusal() {
        return refusals.unfit(now());
    }

    private void saveIntent(MigInstance meant) throws RealisationException {
        if (meant.driverState().instanceId().isPresent()) {
            return;
        }
        boolean saved = false;
        try {
            ownership.saveNow();
            saved = true;
        } finally {
            if (!saved && !unanswered.containsKey(meant.slice())) {
                table.remove(meant);
            }
        }
    }

    private GpuInstance gpuInstance(MigInstance meant) throws GpuException {
        if (meant.driverState().instanceId().isPresent()) {
            return asDriverSees(meant, meant.driverState().instanceId().getAsInt());
        }
        boolean triedBefore = unanswered.containsKey(meant.slice());
        try {
            GpuInstance gi = driver.createGpuInstance(
                    gpuUuid, meant.slice().profile(), meant.slice().placement());
            unanswered.clear();
            table.put(meant.withDriverState(new DriverState.GpuInstanceOnly(gi.id())));
            return gi;
        } catch (GpuException e) {
            if (e.code() == GpuErrorCode.TIMEOUT) {
                unanswered.put(meant.slice(), now());
                throw e;
            }
            unanswered.clear();
            // Perhaps refused because the previous attempt succeeded; the next read shows that.
            if (isDefinite(e) && !triedBefore) {
                table.remove(meant);
                ownership.saveSoon();
            }
            throw e;
        }
    }

    private ComputeInstance computeInstance(MigInstance meant, GpuInstance gi) throws GpuException {
        try {
            return driver.createComputeInstance(gi);
        } catch (GpuException e) {
            if (isDefinite(e)) {
                undo(meant.withDriverState(new DriverState.GpuInstanceOnly(gi.id())), gi);
            }
            throw e;
        }
    }

    /**
     * Removes a GPU instance without a compute instance, which is useless; if that fails now, the next read finds it.
     */
    private void undo(MigInstance half, GpuInstance gi) {
        try {
            driver.destroyGpuInstance(gi);
            table.remove(half);
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "half-made " + half + " stays for now", e);
        }
    }

    /**
     * Destroys one of our instances.
     *
     * @return whether it is gone; if not, the table has its state
     * @throws GpuException if it is still being destroyed, and retrying may help
     */
    boolean destroy(MigInstance instance) throws GpuException {
        Instant begin = now();
        MigInstance leaving = instance.state() == InstanceState.DESTROYING
                ? instance
                : instance.become(InstanceState.DESTROYING, null, begin);
        table.put(leaving);
        Optional<GpuInstance> present = driver.instances(gpuUuid).stream()
                .filter(gi -> isSame(leaving, gi))
                .findFirst();
        try {
            if (present.isPresent()) {
                destroyInDriver(present.get());
            } else if (mayStillCome(leaving)) {
                return false;
            }
            table.remove(leaving);
            ownership.saveSoon();
            observer.destroyed(instance.slice(), Duration.between(begin, now()), Optional.empty());
            LOG.log(Level.DEBUG, "{0} is destroyed", instance);
            return true;
        } catch (GpuException e) {
            observer.destroyed(instance.slice(), Duration.between(begin, now()), Optional.of(e.code()));
            if (!isFinal(e, instance, leaving)) {
                throw e;
            }
            InstanceState state = inUse(leaving) ? InstanceState.QUARANTINED : InstanceState.STUCK;
            LOG.log(Level.WARNING, leaving + " cannot be destroyed and is now " + state, e);
            table.put(leaving.become(state, null, now()));
            ownership.saveSoon();
            return false;
        }
    }

    /** Returns whether to announce that the place will not be free soon. */
    private boolean isFinal(GpuException e, MigInstance before, MigInstance leaving) {
        return switch (e.code()) {
            case GPU_LOST, NOT_FOUND -> false;
            case TIMEOUT, UNKNOWN ->
                before.state() == InstanceState.STUCK
                        || Duration.between(leaving.since(), now()).compareTo(LONGEST_DESTROYING) >= 0;
            case IN_USE, INSUFFICIENT_RESOURCES, NOT_SUPPORTED, NO_PERMISSION, INVALID_ARGUMENT, RESET_REQUIRED -> true;
        };
    }

    private void destroyInDriver(GpuInstance gi) throws GpuException {
        for (ComputeInstance ci : gi.computeInstances()) {
            try {
                driver.destroyComputeInstance(gi, ci);
            } catch (GpuException e) {
                requireNotFound(e);
            }
        }
        try {
            driver.destroyGpuInstance(gi);
        } catch (GpuException e) {
            requireNotFound(e);
        }
    }

    /** Rethrows, unless the instance is gone because another process destroyed it first. */
    private static void requireNotFound(GpuException e) throws GpuException {
        if (e.code() != GpuErrorCode.NOT_FOUND) {
            throw e;
        }
    }

    private GpuInstance asDriverSees(MigInstance instance, int gpuInstanceId) {
        return new GpuInstance(
                gpuUuid,
                gpuInstanceId,
                instance.slice().profile(),
                instance.slice().placement(),
                List.of());
    }

    private static boolean isDefinite(GpuException e) {
        return switch (e.code()) {
            case TIMEOUT, GPU_LOST, UNKNOWN -> false;
            case IN_USE,
                    INSUFFICIENT_RESOURCES,
                    NOT_FOUND,
                    NOT_SUPPORTED,
                    NO_PERMISSION,
                    INVALID_ARGUMENT,
                    RESET_REQUIRED -> true;
        };
    }

    private Instant now() {
        return clock.instant();
    }
}
