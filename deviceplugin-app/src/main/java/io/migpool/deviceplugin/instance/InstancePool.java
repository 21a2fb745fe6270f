package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * All MIG instances of this node, and who has them. What is true comes from three sources: the driver, the ownership file and
 * the pods' annotations; the file says which of the driver's instances are ours, the pods say which are needed.
 *
 * <p>Calls on different GPUs work side by side; on one GPU they queue.
 */
public final class InstancePool implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(InstancePool.class.getName());
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(10);
    private static final String UNKNOWN_BOOT = "unknown";

    private final GpuDriver driver;
    private final Machinery machinery;
    private final OwnershipLog writer;
    private final Supplier<Duration> idleTtl;
    private final InstantSource clock;
    private final Map<String, GpuWorker> workers = new TreeMap<>();
    private final Claims claims = new Claims();
    private final ConcurrentHashMap<String, Realisation> underWay = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final SetAside setAside = new SetAside();

    private volatile String bootId = "";

    /**
     * @param gpus the GPUs of this node; instances are only ever cut on GPUs that a reservation names
     * @param file where ownership is kept
     * @param idleTtl how long an instance without a pod is kept for the next one; asked at every sweep
     */
    public InstancePool(
            GpuDriver driver,
            List<GpuDescription> gpus,
            OwnershipFile file,
            Supplier<Duration> idleTtl,
            InstantSource clock,
            PoolObserver observer) {
        this(driver, gpus, new Machinery.Threads(file), idleTtl, clock, observer);
    }

    InstancePool(
            GpuDriver driver,
            List<GpuDescription> gpus,
            Machinery machinery,
            Supplier<Duration> idleTtl,
            InstantSource clock,
            PoolObserver observer) {
        this.driver = driver;
        this.machinery = machinery;
        this.idleTtl = idleTtl;
        this.clock = clock;
        this.writer = machinery.log(this::ownership);
        for (GpuDescription gpu : gpus) {
            InstanceTable table = new InstanceTable(this::changed);
            GpuCutter cutter = new GpuCutter(gpu.uuid(), driver, table, writer, clock, observer);
            workers.put(gpu.uuid(), new GpuWorker(machinery.lane(gpu.uuid()), table, cutter, writer, clock, observer));
        }
    }

    /**
     * Reads the ownership file and the driver. A GPU that cannot be read is left out until a sweep succeeds. What the file tells
     * of GPUs that are not there now, or of a boot that cannot be compared, stays in the file for the next start.
     *
     * @throws IOException if the ownership file is there and cannot be read
     */
    public void start() throws IOException {
        Optional<String> boot = currentBoot();
        Ownership known = machinery.load().orElseGet(() -> Ownership.none(boot.orElse(UNKNOWN_BOOT)));
        bootId = boot.orElse(known.bootId());
        known.claims().forEach(claims::putIfAbsent);
        boolean otherBoot = !known.bootId().equals(bootId);
        if (otherBoot) {
            LOG.log(System.Logger.Level.INFO, "the machine was started again; instances are cut when their pods start");
        }
        List<MigInstance> valid = otherBoot ? List.of() : known.instances();
        setAside.add(valid.stream()
                .filter(instance ->
                        boot.isEmpty() || !workers.containsKey(instance.slice().gpuUuid()))
                .toList());
        List<CompletableFuture<Void>> recovering = new ArrayList<>();
        workers.forEach((uuid, worker) -> recovering.add(logged(worker.recover(valid.stream()
                .filter(instance ->
                        boot.isPresent() && instance.slice().gpuUuid().equals(uuid))
                .toList()))));
        CompletableFuture.allOf(recovering.toArray(CompletableFuture[]::new))
                .orTimeout(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(_ -> null)
                .join();
        writer.saveSoon();
    }

    private Optional<String> currentBoot() {
        try {
            return Optional.of(driver.bootId());
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.WARNING, "the driver does not tell which boot this is", e);
            return Optional.empty();
        }
    }

    /** What a pod holds here, if it holds something. */
    public Optional<PodClaim> claim(String podUid) {
        return claims.of(podUid);
    }

    /** What all pods hold here. */
    public Collection<PodClaim> claims() {
        return claims.all();
    }

    /**
     * Sees to it that all instances of a pod exist. Idempotent; containers of a pod that start side by side share one
     * realisation. Where another pod is just leaving, it waits until the limit; what does not leave by itself fails it at once,
     * and so does a GPU that was not there at the start.
     *
     * @param limit how long to try
     * @param stays whether the pod with that uid lives on, so that its place is not worth waiting for
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
                claim.uid(),
                _ -> new Realisation(
                        claim, Map.copyOf(workers), setAside, clock.instant().plus(limit), clock, stays));
        // Only the first caller starts it; afterwards it makes room for the next attempt.
        return realisation.startOnce(machinery.realisations(), () -> underWay.remove(claim.uid(), realisation));
    }

    /** A pod's reservation has changed before it was realised; what it names now counts. */
    public void restate(PodClaim claim) {
        claims.put(claim);
        writer.saveSoon();
    }

    /**
     * Forgets what a pod holds, at once and also after a crash, because its reservation is about to change. Its instances stay.
     *
     * @throws RealisationException if that cannot be saved
     */
    public void forget(String podUid) throws RealisationException {
        claims.remove(podUid);
        writer.saveNow();
    }

    /** Whether all instances of a pod exist. */
    public boolean isRealised(PodClaim claim) {
        return realised(claim).isPresent();
    }

    private Optional<Map<Slice, MigRuntime>> realised(PodClaim claim) {
        Map<Slice, MigRuntime> runtimes = new TreeMap<>();
        for (Slice slice : claim.slices()) {
            GpuWorker worker = workers.get(slice.gpuUuid());
            Optional<MigRuntime> runtime = worker == null ? Optional.empty() : worker.activeRuntime(slice, claim.uid());
            if (runtime.isEmpty()) {
                return Optional.empty();
            }
            runtimes.put(slice, runtime.get());
        }
        return Optional.of(runtimes);
    }

    /**
     * Whether the driver still has them: a GPU may have been reset since anybody looked, and an identity that stands for nothing
     * may come back for another pod's instance. Asked beside the GPU's lane, so that a container that only starts again does not
     * queue behind others' cuts.
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
                LOG.log(System.Logger.Level.DEBUG, "the lane looks again whether instances of " + gpu + " exist", e);
                return false;
            }
        }
        return true;
    }

    /**
     * A pod is gone for good, or all its containers have ended: what it held is for the next one.
     *
     * @param runsOnFor how long its containers may still run; what it held stays in quarantine until then
     */
    public void podGone(String podUid, Duration runsOnFor) {
        Instant ended = clock.instant().plus(runsOnFor);
        boolean hadInstances = instances().stream().anyMatch(instance -> instance.belongsTo(podUid));
        boolean hadClaim = claims.remove(podUid);
        // What it still waited for would be cut for nobody.
        Optional.ofNullable(underWay.get(podUid)).ifPresent(Realisation::stop);
        if (hadInstances || hadClaim) {
            workers.values().forEach(worker -> {
                var _ = logged(worker.release(podUid, ended));
            });
            writer.saveSoon();
            changed();
        }
    }

    /**
     * Takes over instances that a living pod's annotations name and that are not known to be its own. A pod of which neither an
     * instance nor a share is named has not started, and has its claim once it does.
     */
    public void adopt(PodClaim claim, Map<Slice, MigRuntime> runtimes) {
        if (!runtimes.isEmpty() || claim.slices().isEmpty()) {
            claims.putIfAbsent(claim);
        }
        runtimes.forEach((slice, runtime) -> {
            GpuWorker worker = workers.get(slice.gpuUuid());
            if (worker != null && worker.activeRuntime(slice, claim.uid()).isEmpty()) {
                var _ = logged(worker.adopt(claim.uid(), slice, runtime));
            }
        });
    }

    /**
     * An error hit the instance under that id: it goes to no other pod and is destroyed once its pod is gone.
     *
     * @return the instance, if there is one
     */
    public Optional<MigInstance> distrust(String gpuUuid, int gpuInstanceId) {
        Optional<GpuWorker> worker = Optional.ofNullable(workers.get(gpuUuid));
        Optional<MigInstance> hit = worker.stream()
                .flatMap(gpu -> gpu.snapshot().stream())
                .filter(instance -> instance.cut().instanceId().equals(OptionalInt.of(gpuInstanceId)))
                .findFirst();
        hit.ifPresent(instance -> {
            var _ = logged(worker.get().distrust(instance.slice()));
        });
        return hit;
    }

    /** Looks at every GPU again and carries on with what waits: quarantine, stuck and outdated instances. */
    public CompletableFuture<Void> sweep() {
        Duration ttl = idleTtl.get();
        return CompletableFuture.allOf(workers.values().stream()
                .map(worker -> logged(worker.sweep(ttl)))
                .toArray(CompletableFuture[]::new));
    }

    /** All instances by GPU and placement, as last seen. */
    public List<MigInstance> instances() {
        return workers.values().stream()
                .flatMap(worker -> worker.snapshot().stream())
                .sorted(Comparator.comparing(MigInstance::slice))
                .toList();
    }

    /**
     * Leaves a GPU to somebody else: nothing is cut or destroyed there any more, and what lies there counts as foreign. Not
     * while a pod holds something on it. Blocks until the GPU's present task has ended; may be repeated.
     *
     * @return whether the GPU is left now
     */
    public boolean handOver(String gpuUuid) {
        GpuWorker worker = workers.get(gpuUuid);
        if (worker != null && claims.all().stream().anyMatch(claim -> claim.uses(gpuUuid))) {
            return false;
        }
        boolean left = worker == null || awaited(worker.handOver());
        if (left) {
            setAside.forget(gpuUuid);
        }
        return left;
    }

    /**
     * Has a GPU again that was left. Instances that were made there meanwhile are foreign. Blocks until they are known.
     *
     * @return whether the pool has it; not while it cannot be read
     */
    public boolean takeBack(String gpuUuid) {
        GpuWorker worker = workers.get(gpuUuid);
        return worker == null || awaited(worker.takeBack());
    }

    private static boolean awaited(CompletableFuture<Boolean> task) {
        return logged(task)
                .completeOnTimeout(false, HAND_OVER_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(_ -> false)
                .join();
    }

    /** Why a GPU cannot be used at present, if it cannot. */
    public Optional<GpuException> trouble(String gpuUuid) {
        return Optional.ofNullable(workers.get(gpuUuid)).flatMap(GpuWorker::trouble);
    }

    /** Tasks that wait for each GPU's thread. */
    public Map<String, Integer> queued() {
        Map<String, Integer> queued = new TreeMap<>();
        workers.forEach((uuid, worker) -> queued.put(uuid, worker.queued()));
        return queued;
    }

    /** Calls the listener after every change, on the thread that made it; it must be quick. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Calls the listener when a pod holds something else than before, on the thread that made it so; it must be quick. */
    public void onClaimChange(Runnable listener) {
        claims.onChange(listener);
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    private Ownership ownership() {
        List<MigInstance> owned = new ArrayList<>(instances());
        owned.removeIf(instance -> instance.state() == InstanceState.FOREIGN);
        owned.addAll(setAside.beside(owned));
        return new Ownership(
                bootId,
                owned,
                claims.all().stream()
                        .sorted(Comparator.comparing(PodClaim::uid))
                        .toList());
    }

    private static <T> CompletableFuture<T> logged(CompletableFuture<T> task) {
        return task.whenComplete((_, failure) -> {
            if (failure != null) {
                Throwable cause =
                        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
                if (cause instanceof CancellationException) {
                    LOG.log(System.Logger.Level.DEBUG, "a GPU task is left to the next start of the agent");
                } else {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "a GPU task failed and is tried again with the next sweep",
                            cause);
                }
            }
        });
    }

    /** Stops working; instances stay as they are. */
    @Override
    public void close() {
        underWay.values().forEach(Realisation::stop);
        workers.values().forEach(GpuWorker::close);
        writer.close();
    }
}
