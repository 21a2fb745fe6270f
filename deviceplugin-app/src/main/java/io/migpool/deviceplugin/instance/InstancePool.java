package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All MIG instances of this node, and the pods that have them. The state comes from three sources: the driver, the
 * ownership file and the pods' annotations; the file says which of the driver's instances are ours, the pods say which
 * are needed.
 *
 * <p>Calls on different GPUs run in parallel; on one GPU they queue.
 */
public final class InstancePool implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(InstancePool.class.getName());
    /** Short, because the caller decides on the other GPUs too, and asks again. */
    private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(1);

    private final GpuDriver driver;
    private final PoolInfrastructure infrastructure;
    private final OwnershipLog writer;
    private final Supplier<Duration> idleTtl;
    private final InstantSource clock;
    private final PoolGpus gpus;
    private final Claims claims = new Claims();
    private final ConcurrentHashMap<String, Realisation> underWay = new ConcurrentHashMap<>();
    /** The last sweep of each GPU by {@link #sweepSoon}. */
    private final Map<String, CompletableFuture<Void>> sweeps = new HashMap<>();

    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /**
     * @param gpus the GPUs of this node; instances are only created on GPUs that a reservation names
     * @param file stores the ownership
     * @param idleTtl how long an instance without a pod is kept for the next one; read at every sweep
     */
    public InstancePool(
            GpuDriver driver,
            List<GpuDescription> gpus,
            OwnershipFile file,
            Supplier<Duration> idleTtl,
            InstantSource clock,
            PoolObserver observer) {
        this(driver, gpus, new PoolInfrastructure.Threads(file), idleTtl, clock, observer);
    }

    InstancePool(
            GpuDriver driver,
            List<GpuDescription> gpus,
            PoolInfrastructure infrastructure,
            Supplier<Duration> idleTtl,
            InstantSource clock,
            PoolObserver observer) {
        this.driver = driver;
        this.infrastructure = infrastructure;
        this.idleTtl = idleTtl;
        this.clock = clock;
        this.writer = infrastructure.log(this::ownership);
        this.gpus = new PoolGpus(driver, gpus, uuid -> {
            InstanceTable table = new InstanceTable(this::changed);
            GpuCutter cutter = new GpuCutter(uuid, driver, table, writer, clock, observer);
            return new GpuWorker(infrastructure.executor(uuid), table, cutter, writer, clock, observer);
        });
    }

    /**
     * Reads the ownership file and the driver. A GPU that cannot be read is skipped until a sweep succeeds. Entries of
     * the file about GPUs that are missing now, or about a boot that cannot be compared, stay in the file until those
     * GPUs come.
     *
     * @throws IOException if the ownership file exists but cannot be read
     */
    public void start() throws IOException {
        Optional<Ownership> saved = infrastructure.load();
        saved.ifPresent(claims::restore);
        gpus.recover(saved);
        if (saved.filter(known -> !known.bootId().equals(gpus.bootId())).isPresent()) {
            claims.forgetLeaving();
        }
        writer.saveSoon();
    }

    /**
     * Takes in the GPUs that are new, with what the ownership file has about them. Does not wait until they have been
     * read, but what is asked of them waits. May block for a driver call; called from one thread.
     *
     * @param present all GPUs that the driver lists now
     */
    public void takeIn(List<GpuDescription> present) {
        if (gpus.takeIn(present)) {
            writer.saveSoon();
            changed();
        }
    }

    /** Returns a pod's claim, if it has one. */
    public Optional<PodClaim> claim(String podUid) {
        return claims.of(podUid);
    }

    /** Returns the claims of all pods. */
    public Collection<PodClaim> claims() {
        return claims.all();
    }

    /**
     * Returns the claims of pods with shares of GPUs that are gone but whose containers may still run. Instances are in
     * quarantine for that time.
     */
    public List<PodClaim> leaving() {
        return claims.leaving(clock.instant()).stream().map(LeavingClaim::claim).toList();
    }

    /**
     * Makes all instances of a pod exist. Idempotent; containers of a pod that start concurrently share one
     * realisation. If another pod is just leaving, it waits until the limit; anything in the way that does not leave by
     * itself makes it fail immediately, as does a GPU that is missing.
     *
     * @param limit time limit
     * @param stays whether the pod with this uid stays, so that its place is not worth waiting for
     * @return the identity of each slice; fails with {@link RealisationException}
     */
    public CompletableFuture<Map<Slice, MigRuntime>> realise(PodClaim claim, Duration limit, Predicate<String> stays) {
        if (claims.put(claim)) {
            writer.saveSoon();
        }
        Optional<Map<Slice, MigRuntime>> already = realised(claim).filter(this::existInDriver);
        if (already.isPresent()) {
            return CompletableFuture.completedFuture(already.get());
        }
        Realisation realisation = underWay.computeIfAbsent(
                claim.uid(), _ -> new Realisation(claim, gpus, clock.instant().plus(limit), clock, stays));
        // Only the first caller starts it; when it ends it makes room for the next attempt.
        return realisation.startOnce(infrastructure.realisations(), () -> underWay.remove(claim.uid(), realisation));
    }

    /** Replaces the claim of a pod whose reservation has changed before it was realised. */
    public void restate(PodClaim claim) {
        claims.put(claim);
        writer.saveSoon();
    }

    /**
     * Removes a pod's claim, durably, because its reservation is about to change. Its instances stay.
     *
     * @throws RealisationException if that cannot be saved
     */
    public void forget(String podUid) throws RealisationException {
        claims.remove(podUid);
        writer.saveNow();
    }

    /** Returns whether all instances of a pod exist. */
    public boolean isRealised(PodClaim claim) {
        return realised(claim).isPresent();
    }

    /** Returns the identity of each instance of a pod, empty unless all of them exist. */
    public Optional<Map<Slice, MigRuntime>> realised(PodClaim claim) {
        Map<Slice, MigRuntime> runtimes = new TreeMap<>();
        for (Slice slice : claim.slices()) {
            Optional<MigRuntime> runtime =
                    gpus.worker(slice.gpuUuid()).flatMap(worker -> worker.activeRuntime(slice, claim.uid()));
            if (runtime.isEmpty()) {
                return Optional.empty();
            }
            runtimes.put(slice, runtime.get());
        }
        return Optional.of(runtimes);
    }

    /**
     * Returns whether the driver still has the instances: a GPU may have been reset since it was last read, and an
     * obsolete identity may be reused for another pod's instance. Bypasses the GPU's executor, so that a restarting
     * container does not queue behind other operations.
     */
    private boolean existInDriver(Map<Slice, MigRuntime> runtimes) {
        Set<String> gpus = runtimes.keySet().stream().map(Slice::gpuUuid).collect(Collectors.toSet());
        for (String gpu : gpus) {
            try {
                Set<String> present = driver.instances(gpu).stream()
                        .flatMap(instance -> instance.computeInstances().stream())
                        .map(ComputeInstance::migUuid)
                        .collect(Collectors.toSet());
                boolean all = runtimes.entrySet().stream()
                        .filter(entry -> entry.getKey().gpuUuid().equals(gpu))
                        .allMatch(entry -> present.contains(entry.getValue().migUuid()));
                if (!all) {
                    return false;
                }
            } catch (GpuException e) {
                LOG.log(Level.DEBUG, "the executor checks again whether instances of " + gpu + " exist", e);
                return false;
            }
        }
        return true;
    }

    /**
     * Releases what a pod had that is gone for good, or whose containers have all ended.
     *
     * @param runsOnFor how long its containers may keep running; its instances stay in quarantine until then
     */
    public void podGone(String podUid, Duration runsOnFor) {
        Instant ended = clock.instant().plus(runsOnFor);
        boolean hadInstances = Stream.concat(gpus.deferred().all().stream(), instances().stream())
                .anyMatch(instance -> instance.belongsTo(podUid));
        if (!runsOnFor.isZero()) {
            claims.leave(podUid, ended);
        }
        boolean hadClaim = claims.remove(podUid);
        // What it still waited for would be created for no pod.
        Optional.ofNullable(underWay.get(podUid)).ifPresent(Realisation::stop);
        if (hadInstances || hadClaim) {
            gpus.release(podUid, ended);
            writer.saveSoon();
            changed();
        }
    }

    /**
     * Takes over the claim of a live pod that has started, and those instances that its annotations name and that are
     * not known to be its own.
     */
    public void adopt(PodClaim claim, Map<Slice, MigRuntime> runtimes) {
        claims.putIfAbsent(claim);
        runtimes.forEach((slice, runtime) -> gpus.adopt(new MigInstance(
                slice, InstanceState.ACTIVE, new DriverState.Whole(runtime), claim.uid(), clock.instant())));
    }

    /**
     * Marks the instance with this id, which had an error: it goes to no other pod and is destroyed once its pod is
     * gone.
     *
     * @return the instance, if there is one
     */
    public Optional<MigInstance> distrust(String gpuUuid, int gpuInstanceId) {
        Optional<GpuWorker> worker = gpus.worker(gpuUuid);
        Optional<MigInstance> hit = worker.stream()
                .flatMap(gpu -> gpu.snapshot().stream())
                .filter(instance -> instance.driverState().instanceId().equals(OptionalInt.of(gpuInstanceId)))
                .findFirst();
        hit.ifPresent(instance -> {
            var _ = PoolGpus.logged(worker.get().distrust(instance.slice()));
        });
        return hit;
    }

    /**
     * Has every GPU read again and unfinished work continued: quarantined, stuck and expired instances. Waits for none;
     * a GPU whose last sweep has not ended is left out, so that one that hangs delays no other. Called from one thread.
     */
    public void sweepSoon() {
        Duration ttl = idleTtl.get();
        gpus.workers()
                .forEach((uuid, worker) -> sweeps.compute(
                        uuid, (_, last) -> last == null || last.isDone() ? PoolGpus.logged(worker.sweep(ttl)) : last));
    }

    /**
     * Reads every GPU again and continues unfinished work, like {@link #sweepSoon}, however many sweeps are pending.
     */
    public CompletableFuture<Void> sweep() {
        Duration ttl = idleTtl.get();
        return CompletableFuture.allOf(gpus.all().stream()
                .map(worker -> PoolGpus.logged(worker.sweep(ttl)))
                .toArray(CompletableFuture[]::new));
    }

    /** Returns all instances by GPU and placement, as last seen. */
    public List<MigInstance> instances() {
        return gpus.all().stream()
                .flatMap(worker -> worker.snapshot().stream())
                .sorted(Comparator.comparing(MigInstance::slice))
                .toList();
    }

    /**
     * Gives up a GPU: the pool no longer creates or destroys anything there, and its instances count as foreign. Does
     * nothing while a pod has something on it. Blocks for a moment until the GPU's present task has ended; idempotent.
     *
     * @return whether the GPU is now given up
     */
    public boolean handOver(String gpuUuid) {
        Optional<GpuWorker> worker = gpus.worker(gpuUuid);
        if (worker.isPresent() && claims.all().stream().anyMatch(claim -> claim.uses(gpuUuid))) {
            return false;
        }
        boolean left = worker.map(gpu -> awaited(gpu.handOver())).orElse(true);
        if (left) {
            gpus.deferred().forget(gpuUuid);
        }
        return left;
    }

    /**
     * Takes back a GPU that was given up. Instances created there in the meantime are foreign. Blocks until they are
     * known.
     *
     * @return whether the pool has it; not while it cannot be read
     */
    public boolean takeBack(String gpuUuid) {
        return gpus.worker(gpuUuid).map(gpu -> awaited(gpu.takeBack())).orElse(true);
    }

    private static boolean awaited(CompletableFuture<Boolean> task) {
        return PoolGpus.logged(task)
                .completeOnTimeout(false, HAND_OVER_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(_ -> false)
                .join();
    }

    /** Returns why a GPU cannot be used at present, if it cannot. */
    public Optional<GpuException> trouble(String gpuUuid) {
        return gpus.worker(gpuUuid).flatMap(GpuWorker::trouble);
    }

    /**
     * Returns whether a pod waits in vain: a GPU on which it has an instance reserved creates nothing although it
     * answers, and nothing of the pod exists.
     */
    public boolean isRefused(PodClaim claim) {
        return instances().stream().noneMatch(instance -> instance.isPartOf(claim.uid()))
                && claim.slices().stream().flatMap(gpus::workerOf).anyMatch(GpuWorker::refuses);
    }

    /** Returns the number of tasks that wait for each GPU's thread. */
    public Map<String, Integer> queued() {
        Map<String, Integer> queued = new TreeMap<>();
        gpus.workers().forEach((uuid, worker) -> queued.put(uuid, worker.queued()));
        return queued;
    }

    /** Calls the listener after every change, on the thread that made it; it must be quick. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Calls the listener when a pod's claim has changed, on the thread that changed it; it must be quick. */
    public void onClaimChange(Runnable listener) {
        claims.onChange(listener);
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    private Ownership ownership() {
        // Before the workers, which may take it over meanwhile.
        List<MigInstance> away = gpus.deferred().all();
        List<MigInstance> owned = new ArrayList<>(instances());
        owned.removeIf(instance -> instance.state() == InstanceState.FOREIGN);
        away.stream()
                .filter(instance -> owned.stream().noneMatch(instance::overlaps))
                .toList()
                .forEach(owned::add);
        return new Ownership(gpus.bootId(), owned, claims.sorted(), claims.leaving(clock.instant()));
    }

    /** Stops working; instances stay as they are. */
    @Override
    public void close() {
        underWay.values().forEach(Realisation::stop);
        gpus.all().forEach(GpuWorker::close);
        writer.close();
    }
}
