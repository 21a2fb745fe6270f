package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** One GPU: its table and all operations on it, which run on the GPU's executor. */
final class GpuWorker implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(GpuWorker.class.getName());

    private final InstanceTable table;
    private final GpuCutter cutter;
    private final OwnershipLog ownership;
    private final PoolObserver observer;
    private final InstantSource clock;
    private final SerialExecutor executor;
    private final StuckBackOff stuck = new StuckBackOff();

    private volatile Optional<GpuException> trouble = Optional.empty();
    /** Used on the GPU's thread. While set, all instances on the GPU are foreign. */
    private boolean handedOver;

    GpuWorker(
            SerialExecutor executor,
            InstanceTable table,
            GpuCutter cutter,
            OwnershipLog ownership,
            InstantSource clock,
            PoolObserver observer) {
        this.executor = executor;
        this.table = table;
        this.cutter = cutter;
        this.ownership = ownership;
        this.clock = clock;
        this.observer = observer;
    }

    List<MigInstance> snapshot() {
        return table.snapshot();
    }

    /** Returns why the GPU could not be read the last time, or creates nothing, if that is so. */
    Optional<GpuException> trouble() {
        return trouble.or(cutter::refusal);
    }

    boolean refuses() {
        return trouble.isEmpty() && cutter.refusal().isPresent();
    }

    /** Returns the number of tasks that wait for the GPU's thread. */
    int queued() {
        return executor.queued();
    }

    /** Takes over what was owned before the agent started, then reads the GPU. */
    CompletableFuture<Void> recover(List<MigInstance> owned) {
        return executor.submit(() -> {
            owned.forEach(instance -> table.put(instance.plausible(clock.instant())));
            lookAtGpu();
            settleLeftovers();
            return null;
        });
    }

    CompletableFuture<AttemptOutcome> realise(String podUid, SortedSet<Slice> slices) {
        return executor.submit(() -> attempt(podUid, slices));
    }

    /**
     * Releases the instances of a pod that is gone: they become idle, or stay in quarantine while processes run in
     * them.
     *
     * @param ended when its containers have ended at the latest; until then they are assumed to run, whatever the
     *     driver reports
     */
    CompletableFuture<Void> release(String podUid, Instant ended) {
        return executor.submit(() -> {
            for (MigInstance instance : table.snapshot()) {
                if (instance.belongsTo(podUid)) {
                    release(instance, ended);
                }
            }
            destroyIdle(MigInstance::distrusted);
            ownership.saveSoon();
            return null;
        });
    }

    /**
     * Gives up the GPU, unless a pod has an instance there, or a recent one may still run there. Instances that the
     * pool kept for later pods become foreign.
     *
     * @return whether it was given up
     */
    CompletableFuture<Boolean> handOver() {
        return executor.submit(() -> {
            List<MigInstance> known = table.snapshot();
            if (!handedOver
                    && known.stream().noneMatch(instance -> instance.state().mayHaveContainers())) {
                handedOver = true;
                known.forEach(table::remove);
                ownership.saveSoon();
                lookAtGpu();
            }
            return handedOver;
        });
    }

    /** Takes the GPU back; instances created there in the meantime are foreign. */
    CompletableFuture<Boolean> takeBack() {
        return executor.submit(() -> {
            lookAtGpu();
            handedOver = false;
            return true;
        });
    }

    /** Takes a foreign instance over for a pod whose annotations name its identity. */
    CompletableFuture<Void> adopt(MigInstance named) {
        return executor.submit(() -> {
            takeOver(named);
            return null;
        });
    }

    /** Like {@link #adopt}, also before the GPU could be read; what is not there then is dropped once it can. */
    CompletableFuture<Void> adoptUnread(MigInstance named) {
        return executor.submit(() -> {
            boolean unread = trouble.isPresent() && !handedOver;
            if (unread && table.overlapping(named.slice().placement()).isEmpty()) {
                table.put(named);
                ownership.saveSoon();
            } else {
                takeOver(named);
            }
            return null;
        });
    }

    private void takeOver(MigInstance named) {
        table.foreign(named).filter(_ -> !handedOver).ifPresent(instance -> {
            table.put(instance.become(InstanceState.ACTIVE, named.podUid(), named.since()));
            ownership.saveSoon();
        });
    }

    /** Marks an instance that had an error, so that no other pod gets it. */
    CompletableFuture<Void> distrust(Slice slice) {
        return executor.submit(() -> {
            table.at(slice.placement())
                    .filter(instance -> instance.slice().equals(slice))
                    .ifPresent(instance -> {
                        table.put(instance.hit());
                        ownership.saveSoon();
                    });
            destroyIdle(MigInstance::distrusted);
            return null;
        });
    }

    private void destroyIdle(Predicate<MigInstance> unwanted) {
        table.snapshot().stream()
                .filter(instance -> instance.state() == InstanceState.IDLE && unwanted.test(instance))
                .forEach(this::destroyNowOrLater);
    }

    /** Reads the GPU again and continues unfinished work: quarantined, stuck and expired idle instances. */
    CompletableFuture<Void> sweep(Duration idleTtl) {
        return executor.submit(() -> {
            lookAtGpu();
            settleLeftovers();
            destroyIdle(instance -> instance.distrusted() || age(instance).compareTo(idleTtl) >= 0);
            return null;
        });
    }

    private void lookAtGpu() throws GpuException {
        try {
            cutter.look();
            stuck.retain(table.snapshot());
            trouble = Optional.empty();
        } catch (GpuException e) {
            if (e.code() != GpuErrorCode.NOT_SUPPORTED) {
                trouble = Optional.of(e);
                throw e;
            }
        }
    }

    /** Processes leftovers; one that cannot be settled now does not delay the others. */
    private void settleLeftovers() {
        for (MigInstance instance : table.snapshot()) {
            switch (instance.state()) {
                case QUARANTINED -> settleQuarantine(instance);
                case STUCK -> {
                    if (age(instance).compareTo(stuck.pause(instance)) >= 0) {
                        stuck.tried(instance, destroyNowOrLater(instance));
                    }
                }
                case DESTROYING -> destroyNowOrLater(instance);
                case CREATING, ACTIVE, IDLE, FOREIGN -> {}
            }
        }
    }

    /** Settles a quarantined instance. Until a container has ended, it may start a process on the GPU at any time. */
    private void settleQuarantine(MigInstance quarantined) {
        MigInstance instance = quarantined.plausible(clock.instant());
        table.put(instance);
        if (!clock.instant().isBefore(instance.since()) && !mayBeInUse(instance)) {
            leaveQuarantine(instance);
        }
    }

    /**
     * Destroys an instance; returns whether it is gone. If not, it is being destroyed or stuck, and the next sweep
     * continues.
     */
    private boolean destroyNowOrLater(MigInstance instance) {
        try {
            return cutter.destroy(instance);
        } catch (GpuException e) {
            LOG.log(Level.WARNING, instance + " is still there", e);
            return false;
        }
    }

    private void leaveQuarantine(MigInstance instance) {
        if (instance.driverState() instanceof DriverState.Whole) {
            table.put(instance.become(InstanceState.IDLE, null, clock.instant()));
            ownership.saveSoon();
        } else {
            destroyNowOrLater(instance);
        }
    }

    private void release(MigInstance instance, Instant ended) {
        Instant now = clock.instant();
        switch (instance.state()) {
            case ACTIVE ->
                table.put(
                        ended.isAfter(now)
                                ? instance.become(InstanceState.QUARANTINED, null, ended)
                                : instance.become(
                                        mayBeInUse(instance) ? InstanceState.QUARANTINED : InstanceState.IDLE,
                                        null,
                                        now));
            case CREATING -> {
                // While the GPU cannot be read, it may be complete after all, and in use.
                if (trouble.isPresent() && ended.isAfter(now)) {
                    table.put(instance.become(InstanceState.QUARANTINED, null, ended));
                } else {
                    destroyNowOrLater(instance);
                }
            }
            case IDLE, DESTROYING, STUCK, QUARANTINED, FOREIGN -> {}
        }
    }

    /** Returns whether the instance may be in use, which includes that the driver does not know. */
    private boolean mayBeInUse(MigInstance instance) {
        try {
            return cutter.inUse(instance);
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "cannot determine whether processes run in " + instance, e);
            return true;
        }
    }

    private AttemptOutcome attempt(String podUid, SortedSet<Slice> slices) {
        Slice current = slices.first();
        if (handedOver) {
            return new AttemptOutcome.HandedOver(current);
        }
        try {
            lookAtGpu();
            settleQuarantine(slices);
            for (Slice slice : slices) {
                current = slice;
                reuseIdle(slice, podUid);
            }
            for (Slice slice : slices) {
                current = slice;
                Optional<MigInstance> obstacle = clear(slice, podUid);
                if (obstacle.isPresent()) {
                    return new AttemptOutcome.Occupied(slice, obstacle.get());
                }
                if (table.activeRuntime(slice, podUid).isEmpty()) {
                    createEvicting(slice, podUid);
                }
            }
            return new AttemptOutcome.Done(table.runtimes(slices));
        } catch (GpuException e) {
            return new AttemptOutcome.Refused(current, e);
        } catch (RealisationException e) {
            return new AttemptOutcome.NotSaved(e);
        }
    }

    private void settleQuarantine(SortedSet<Slice> slices) {
        slices.stream()
                .flatMap(slice -> table.overlapping(slice.placement()).stream())
                .filter(instance -> instance.state() == InstanceState.QUARANTINED)
                .forEach(this::settleQuarantine);
    }

    /**
     * Gives the pod the idle instance in its place. Saved to disk before the pod starts: after a crash it would
     * otherwise be idle again, and be destroyed under the pod once it expires.
     */
    private void reuseIdle(Slice slice, String podUid) throws RealisationException {
        Optional<MigInstance> idle = table.at(slice.placement())
                .filter(instance -> instance.slice().equals(slice) && instance.state() == InstanceState.IDLE)
                .filter(instance -> !instance.distrusted());
        if (idle.isEmpty()) {
            return;
        }
        MigInstance taken = idle.get().become(InstanceState.ACTIVE, podUid, clock.instant());
        table.put(taken);
        boolean saved = false;
        try {
            ownership.saveNow();
            saved = true;
        } finally {
            if (!saved) {
                table.put(taken.become(InstanceState.IDLE, null, clock.instant()));
            }
        }
        observer.reused(slice);
    }

    /**
     * Makes room for a slice by destroying unused instances. A pod that needs the place now neither waits for the
     * back-off of a stuck instance nor lengthens it.
     *
     * @return the instance in the way that must not be destroyed now
     */
    private Optional<MigInstance> clear(Slice slice, String podUid) throws GpuException {
        for (MigInstance instance : table.overlapping(slice.placement())) {
            boolean ownAlready = instance.slice().equals(slice) && instance.belongsTo(podUid);
            if (!ownAlready && !(instance.state().isDisposable() && cutter.destroy(instance))) {
                return table.at(instance.slice().placement()).or(() -> Optional.of(instance));
            }
        }
        return Optional.empty();
    }

    /**
     * Creates an instance; if the place is free but the board refuses (media engines, instance limits), destroys idle
     * instances elsewhere on the GPU one by one.
     */
    private void createEvicting(Slice slice, String podUid) throws GpuException, RealisationException {
        while (true) {
            try {
                cutter.create(slice, podUid);
                return;
            } catch (GpuException e) {
                if (e.code() != GpuErrorCode.INSUFFICIENT_RESOURCES || !evictOneIdle()) {
                    throw e;
                }
            }
        }
    }

    private boolean evictOneIdle() throws GpuException {
        for (MigInstance instance : table.snapshot()) {
            if (instance.state() == InstanceState.IDLE && cutter.destroy(instance)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the identity of a slice that the pod has, from the latest snapshot; may be called from any thread. */
    Optional<MigRuntime> activeRuntime(Slice slice, String podUid) {
        return table.activeRuntime(slice, podUid);
    }

    private Duration age(MigInstance instance) {
        return Duration.between(instance.since(), clock.instant());
    }

    @Override
    public void close() {
        executor.close();
    }
}
