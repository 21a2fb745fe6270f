package io.migpool.deviceplugin.instance;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The GPUs that the pool knows, each with what the ownership file has about it, and the present boot. GPUs may come at
 * any time; one that is known stays.
 */
final class PoolGpus {

    private static final System.Logger LOG = System.getLogger(PoolGpus.class.getName());
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final String UNKNOWN_BOOT = "unknown";

    private final GpuDriver driver;
    private final Function<String, GpuWorker> newWorker;
    private final Map<String, GpuWorker> workers = new ConcurrentSkipListMap<>();
    private final DeferredOwnership deferred = new DeferredOwnership();
    /**
     * Held while a GPU that has come takes over what is set aside, so that each pod that ends does so before or after.
     */
    private final ReentrantLock comingOrEnding = new ReentrantLock();

    private volatile String bootId = "";
    /** Whether the driver has reported the present boot, so that the file's entries have been compared with it. */
    private volatile boolean bootKnown;

    /**
     * Whether nothing was saved, so that instances of ours may exist of which only the pods know. An empty file says no
     * more, unless it is from before a reboot: one is written at the first start after a loss.
     */
    private volatile boolean nothingSaved;

    /** @param newWorker makes the worker of the GPU with that UUID */
    PoolGpus(GpuDriver driver, List<GpuDescription> gpus, Function<String, GpuWorker> newWorker) {
        this.driver = driver;
        this.newWorker = newWorker;
        gpus.forEach(gpu -> workers.put(gpu.uuid(), newWorker.apply(gpu.uuid())));
    }

    /** Returns the worker of a slice's GPU, if there is one. */
    Stream<GpuWorker> workerOf(Slice slice) {
        return worker(slice.gpuUuid()).stream();
    }

    Optional<GpuWorker> worker(String gpuUuid) {
        return Optional.ofNullable(workers.get(gpuUuid));
    }

    /** Returns all, by UUID; a view that grows. */
    Map<String, GpuWorker> workers() {
        return workers;
    }

    Collection<GpuWorker> all() {
        return workers.values();
    }

    Set<String> uuids() {
        return workers.keySet();
    }

    DeferredOwnership deferred() {
        return deferred;
    }

    String bootId() {
        return bootId;
    }

    /**
     * Recovers what was saved last. Waits until the GPUs have been read, for a bounded time; one that cannot be read is
     * left out until a sweep succeeds. What was saved about GPUs that are missing, or about a boot that cannot be
     * compared, is set aside.
     */
    void recover(Optional<Ownership> saved) {
        Optional<String> boot = currentBoot();
        nothingSaved = saved.filter(known -> !known.isEmpty()
                        || boot.filter(now -> !now.equals(known.bootId())).isPresent())
                .isEmpty();
        Ownership known = saved.orElseGet(() -> Ownership.none(boot.orElse(UNKNOWN_BOOT)));
        bootId = known.bootId();
        deferred.add(known.instances());
        boot.ifPresent(this::compareBoot);
        List<CompletableFuture<Void>> recovering = new ArrayList<>();
        workers.forEach((uuid, worker) -> recovering.add(forgotten(uuid, worker.recover(known(uuid)))));
        CompletableFuture.allOf(recovering.toArray(CompletableFuture[]::new))
                .orTimeout(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(_ -> null)
                .join();
    }

    /**
     * Takes in the GPUs that are new, with what was set aside about them. Does not wait until they have been read.
     * Blocks for a driver call if the boot is not known yet.
     *
     * @return whether there are any
     */
    boolean takeIn(List<GpuDescription> gpus) {
        List<String> come = gpus.stream()
                .map(GpuDescription::uuid)
                .filter(uuid -> !workers.containsKey(uuid))
                .toList();
        if (!come.isEmpty() && !bootKnown) {
            currentBoot().ifPresent(this::compareBoot);
        }
        for (String uuid : come) {
            LOG.log(Level.INFO, "GPU {0} was added", uuid);
            GpuWorker worker = newWorker.apply(uuid);
            CompletableFuture<Void> recovering;
            comingOrEnding.lock();
            try {
                // The first task on its executor, because nobody else knows the worker yet.
                recovering = worker.recover(known(uuid));
                workers.put(uuid, worker);
            } finally {
                comingOrEnding.unlock();
            }
            // Not before the worker is known: what is set aside would be nobody's meanwhile.
            var _ = forgotten(uuid, recovering);
        }
        return !come.isEmpty();
    }

    /**
     * Releases what a pod that is gone had, also on GPUs that have yet to come. Does not wait for the GPUs.
     *
     * @param ended when its containers have ended at the latest
     */
    void release(String podUid, Instant ended) {
        comingOrEnding.lock();
        try {
            deferred.release(podUid, ended);
            workers.values().forEach(worker -> {
                var _ = logged(worker.release(podUid, ended));
            });
        } finally {
            comingOrEnding.unlock();
        }
    }

    /**
     * Takes over an instance that a live pod's annotations name. While its GPU is missing or cannot be read, and
     * nothing was saved either, it counts as existing: another container of the pod may be running there. The first
     * look at the GPU shows whether it does.
     *
     * @param named as the annotations have it, active
     */
    void adopt(MigInstance named) {
        Slice slice = named.slice();
        String podUid = named.pod().orElseThrow();
        comingOrEnding.lock();
        try {
            Optional<GpuWorker> worker = worker(slice.gpuUuid());
            if (worker.isEmpty()) {
                if (nothingSaved && !deferred.has(slice, podUid)) {
                    deferred.add(List.of(named));
                }
            } else if (worker.get().activeRuntime(slice, podUid).isEmpty()) {
                var _ = logged(
                        nothingSaved
                                ? worker.get().adoptUnread(named)
                                : worker.get().adopt(named));
            }
        } finally {
            comingOrEnding.unlock();
        }
    }

    private List<MigInstance> known(String uuid) {
        return bootKnown ? deferred.on(uuid) : List.of();
    }

    /** Drops what is set aside about a GPU once its recovery has taken it over. */
    private CompletableFuture<Void> forgotten(String uuid, CompletableFuture<Void> recovering) {
        if (!bootKnown) {
            return logged(recovering);
        }
        return logged(recovering.whenComplete((_, failure) -> {
            // A task that was cancelled has taken nothing over.
            if (!(failure instanceof CancellationException)) {
                deferred.forget(uuid);
            }
        }));
    }

    private Optional<String> currentBoot() {
        try {
            return Optional.of(driver.bootId());
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "the driver does not report the boot ID", e);
            return Optional.empty();
        }
    }

    private void compareBoot(String boot) {
        if (!boot.equals(bootId)) {
            LOG.log(Level.INFO, "the machine was rebooted; instances are created when their pods start");
            deferred.forgetAll();
            bootId = boot;
        }
        bootKnown = true;
    }

    /** Logs a task that fails, unless the pool was closed before it. */
    static <T> CompletableFuture<T> logged(CompletableFuture<T> task) {
        return task.whenComplete((_, failure) -> {
            if (failure != null) {
                Throwable cause =
                        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
                if (cause instanceof CancellationException) {
                    LOG.log(Level.DEBUG, "a GPU task is left to the agent's next start");
                } else {
                    LOG.log(Level.WARNING, "a GPU task failed; retrying with the next sweep", cause);
                }
            }
        });
    }
}
