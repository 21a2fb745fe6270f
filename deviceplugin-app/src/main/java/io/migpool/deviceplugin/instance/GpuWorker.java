package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** One GPU: its table and what happens to it, all of it on the GPU's lane. */
final class GpuWorker implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(GpuWorker.class.getName());

    private final InstanceTable table;
    private final GpuCutter cutter;
    private final OwnershipLog ownership;
    private final PoolObserver observer;
    private final Clock clock;
    private final Lane lane;
    private final StuckBackOff stuck = new StuckBackOff();
    /** Where an error hit the instance that lies there now. On the GPU's thread only. */
    private final Set<Slice> distrusted = new HashSet<>();

    private volatile Optional<GpuException> trouble = Optional.empty();
    /** Used on the GPU's thread: whatever lies on the GPU then is foreign. */
    private boolean handedOver;

    GpuWorker(
            Lane lane,
            InstanceTable table,
            GpuCutter cutter,
            OwnershipLog ownership,
            Clock clock,
            PoolObserver observer) {
        this.lane = lane;
        this.table = table;
        this.cutter = cutter;
        this.ownership = ownership;
        this.clock = clock;
        this.observer = observer;
    }

    List<MigInstance> snapshot() {
        return table.snapshot();
    }

    /** Why the GPU could not be read the last time, if it could not. */
    Optional<GpuException> trouble() {
        return trouble;
    }

    /** Tasks that wait for the GPU's thread. */
    int queued() {
        return lane.queued();
    }

    /** Takes over what was owned before the agent started, then looks what is there. */
    CompletableFuture<Void> recover(List<MigInstance> owned) {
        return lane.submit(() -> {
            owned.forEach(table::put);
            lookAtGpu();
            settleLeftovers();
            return null;
        });
    }

    CompletableFuture<Attempt> realise(String podUid, SortedSet<Slice> slices) {
        return lane.submit(() -> attempt(podUid, slices));
    }

    /** The pod is gone: its instances become idle, or stay in quarantine while processes run in them. */
    CompletableFuture<Void> release(String podUid) {
        return lane.submit(() -> {
            for (MigInstance instance : table.snapshot()) {
                if (instance.belongsTo(podUid)) {
                    release(instance);
                }
            }
            destroyDistrusted();
            ownership.saveSoon();
            return null;
        });
    }

    /**
     * Leaves the GPU to somebody else, unless a pod has an instance there. What the pool kept for later pods is foreign from
     * then on.
     *
     * @return whether it is left
     */
    CompletableFuture<Boolean> handOver() {
        return lane.submit(() -> {
            List<MigInstance> known = table.snapshot();
            boolean needed = known.stream()
                    .anyMatch(instance ->
                            instance.state() == InstanceState.CREATING || instance.state() == InstanceState.ACTIVE);
            if (!needed && !handedOver) {
                handedOver = true;
                known.forEach(table::remove);
                distrusted.clear();
                ownership.saveSoon();
                lookAtGpu();
            }
            return handedOver;
        });
    }

    /** Has the GPU again; what was made there meanwhile is foreign. */
    CompletableFuture<Boolean> takeBack() {
        return lane.submit(() -> {
            lookAtGpu();
            handedOver = false;
            return true;
        });
    }

    /** Takes a foreign instance over for a pod whose annotations name its identity. */
    CompletableFuture<Void> adopt(String podUid, Slice slice, MigRuntime runtime) {
        return lane.submit(() -> {
            Optional<MigInstance> proven = table.at(slice.placement())
                    .filter(instance -> instance.state() == InstanceState.FOREIGN && !handedOver)
                    .filter(instance -> instance.slice().equals(slice))
                    .filter(instance -> instance.cut().identity().equals(Optional.of(runtime)));
            proven.ifPresent(instance -> {
                table.put(instance.become(InstanceState.ACTIVE, podUid, clock.instant()));
                ownership.saveSoon();
            });
            return null;
        });
    }

    /** An error hit what lies there: no other pod gets it. */
    CompletableFuture<Void> distrust(Slice slice) {
        return lane.submit(() -> {
            distrusted.add(slice);
            destroyDistrusted();
            return null;
        });
    }

    private void destroyDistrusted() throws GpuException {
        Set<Slice> present = new HashSet<>();
        for (MigInstance instance : table.snapshot()) {
            boolean gone = instance.state() == InstanceState.IDLE
                    && distrusted.contains(instance.slice())
                    && cutter.destroy(instance);
            if (!gone) {
                present.add(instance.slice());
            }
        }
        distrusted.retainAll(present);
    }

    /** Looks again, and carries on with what was left: quarantine, stuck and outdated idle instances. */
    CompletableFuture<Void> sweep(Duration idleTtl) {
        return lane.submit(() -> {
            lookAtGpu();
            settleLeftovers();
            destroyDistrusted();
            for (MigInstance instance : table.snapshot()) {
                boolean outdated =
                        instance.state() == InstanceState.IDLE && age(instance).compareTo(idleTtl) >= 0;
                if (outdated) {
                    cutter.destroy(instance);
                }
            }
            return null;
        });
    }

    private void lookAtGpu() throws GpuException {
        try {
            cutter.look();
            trouble = Optional.empty();
        } catch (GpuException e) {
            if (e.code() != GpuErrorCode.NOT_SUPPORTED) {
                trouble = Optional.of(e);
                throw e;
            }
        }
    }

    private void settleLeftovers() throws GpuException {
        for (MigInstance instance : table.snapshot()) {
            switch (instance.state()) {
                case QUARANTINED -> {
                    if (!cutter.inUse(instance)) {
                        leaveQuarantine(instance);
                    }
                }
                case STUCK -> {
                    if (age(instance).compareTo(stuck.pause(instance)) >= 0) {
                        stuck.tried(instance, cutter.destroy(instance));
                    }
                }
                case DESTROYING -> cutter.destroy(instance);
                case CREATING, ACTIVE, IDLE, FOREIGN -> {}
            }
        }
    }

    private void leaveQuarantine(MigInstance instance) throws GpuException {
        if (instance.cut() instanceof Cut.Whole) {
            table.put(instance.become(InstanceState.IDLE, null, clock.instant()));
            ownership.saveSoon();
        } else {
            cutter.destroy(instance);
        }
    }

    private void release(MigInstance instance) throws GpuException {
        switch (instance.state()) {
            case ACTIVE -> table.put(instance.become(stateWithoutPod(instance), null, clock.instant()));
            case CREATING -> cutter.destroy(instance);
            case IDLE, DESTROYING, STUCK, QUARANTINED, FOREIGN -> {}
        }
    }

    /** While the driver cannot tell who is there, somebody may be. */
    private InstanceState stateWithoutPod(MigInstance instance) {
        try {
            return cutter.inUse(instance) ? InstanceState.QUARANTINED : InstanceState.IDLE;
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot tell whether processes run in " + instance, e);
            return InstanceState.QUARANTINED;
        }
    }

    private Attempt attempt(String podUid, SortedSet<Slice> slices) {
        Slice current = slices.first();
        if (handedOver) {
            return new Attempt.HandedOver(current);
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
                    return new Attempt.Occupied(slice, obstacle.get());
                }
                if (!isActive(slice, podUid)) {
                    createEvicting(slice, podUid);
                }
            }
            return new Attempt.Done(runtimes(slices));
        } catch (GpuException e) {
            return new Attempt.Refused(current, e);
        } catch (RealisationException e) {
            return new Attempt.NotSaved(e);
        }
    }

    private void settleQuarantine(SortedSet<Slice> slices) throws GpuException {
        for (MigInstance instance : table.snapshot()) {
            boolean wanted = slices.stream().anyMatch(slice -> slice.placement()
                    .overlaps(instance.slice().placement()));
            if (wanted && instance.state() == InstanceState.QUARANTINED && !cutter.inUse(instance)) {
                leaveQuarantine(instance);
            }
        }
    }

    /**
     * Gives the pod what lies idle in its place. On disk before the pod starts: after a crash it would be idle again, and
     * destroyed under the pod when its time is up.
     */
    private void reuseIdle(Slice slice, String podUid) throws RealisationException {
        Optional<MigInstance> idle = table.at(slice.placement())
                .filter(instance -> instance.slice().equals(slice) && instance.state() == InstanceState.IDLE)
                .filter(_ -> !distrusted.contains(slice));
        if (idle.isEmpty()) {
            return;
        }
        MigInstance taken = idle.get().become(InstanceState.ACTIVE, podUid, clock.instant());
        table.put(taken);
        try {
            ownership.saveNow();
        } catch (RealisationException e) {
            table.put(taken.become(InstanceState.IDLE, null, clock.instant()));
            throw e;
        }
        observer.reused(slice);
    }

    /**
     * Makes room for a slice by destroying what nobody uses.
     *
     * @return what is in the way and may not be destroyed now
     */
    private Optional<MigInstance> clear(Slice slice, String podUid) throws GpuException {
        for (MigInstance instance : table.overlapping(slice.placement())) {
            boolean ownAlready = instance.slice().equals(slice) && instance.belongsTo(podUid);
            if (!ownAlready && !(isDisposable(instance) && destroyedForAnother(instance))) {
                return table.at(instance.slice().placement()).or(() -> Optional.of(instance));
            }
        }
        return Optional.empty();
    }

    /** A pod that needs the place now does not wait for the back-off, and does not lengthen it. */
    private boolean destroyedForAnother(MigInstance instance) throws GpuException {
        boolean destroyed = cutter.destroy(instance);
        if (destroyed) {
            distrusted.remove(instance.slice());
            stuck.tried(instance, true);
        }
        return destroyed;
    }

    private static boolean isDisposable(MigInstance instance) {
        return switch (instance.state()) {
            case IDLE, DESTROYING, STUCK -> true;
            case CREATING, ACTIVE, QUARANTINED, FOREIGN -> false;
        };
    }

    /**
     * Creates; where the place is free but the board refuses (media engines, instance limits), idle instances elsewhere on
     * the GPU are given up one by one.
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

    private boolean isActive(Slice slice, String podUid) {
        return activeRuntime(slice, podUid).isPresent();
    }

    /** The identity of a slice that the pod has, read from the latest snapshot; from any thread. */
    Optional<MigRuntime> activeRuntime(Slice slice, String podUid) {
        return table.snapshot().stream()
                .filter(instance -> instance.slice().equals(slice)
                        && instance.state() == InstanceState.ACTIVE
                        && instance.belongsTo(podUid))
                .findFirst()
                .flatMap(instance -> instance.cut().identity());
    }

    private Map<Slice, MigRuntime> runtimes(SortedSet<Slice> slices) {
        Map<Slice, MigRuntime> runtimes = new TreeMap<>();
        for (Slice slice : slices) {
            table.at(slice.placement())
                    .flatMap(instance -> instance.cut().identity())
                    .ifPresent(runtime -> runtimes.put(slice, runtime));
        }
        return runtimes;
    }

    private Duration age(MigInstance instance) {
        return Duration.between(instance.since(), clock.instant());
    }

    /** Lets the step under way end; nothing new is begun. */
    @Override
    public void close() {
        lane.close();
    }
}
