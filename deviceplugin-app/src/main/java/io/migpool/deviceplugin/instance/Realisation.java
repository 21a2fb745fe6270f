package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Cuts all instances of one pod, once: its GPUs side by side, with retries until the limit while waiting may help.
 * Spends most of its time waiting.
 */
final class Realisation {

    private static final long PAUSE_MILLIS = 100;
    /** Processes that outlive their pod for this long are not about to end. */
    private static final Duration LONGEST_QUARANTINE = Duration.ofSeconds(30);
    /** Containers that may run on for longer are not waited for: twice Kubernetes' default grace period. */
    private static final Duration LONGEST_GRACE = Duration.ofMinutes(1);

    private final PodClaim claim;
    private final PoolGpus gpus;
    private final Instant deadline;
    private final InstantSource clock;
    private final Predicate<String> stays;
    private final CompletableFuture<Map<Slice, MigRuntime>> outcome = new CompletableFuture<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * @param stays returns whether a pod lives on, so that its place is not worth waiting for
     */
    Realisation(PodClaim claim, PoolGpus gpus, Instant deadline, InstantSource clock, Predicate<String> stays) {
        this.claim = claim;
        this.gpus = gpus;
        this.deadline = deadline;
        this.clock = clock;
        this.stays = stays;
    }

    /** Starts unless already started; {@code afterwards} runs before the returned future completes. */
    CompletableFuture<Map<Slice, MigRuntime>> startOnce(Executor executor, Runnable afterwards) {
        if (started.compareAndSet(false, true)) {
            try {
                executor.execute(() -> runAndTell(afterwards));
            } catch (RuntimeException | Error e) {
                // Without a thread it would never end, and nobody could start another.
                afterwards.run();
                outcome.completeExceptionally(e);
            }
        }
        return outcome;
    }

    private void runAndTell(Runnable afterwards) {
        try {
            Map<Slice, MigRuntime> runtimes = run();
            afterwards.run();
            outcome.complete(runtimes);
        } catch (RealisationException | RuntimeException | Error e) {
            afterwards.run();
            outcome.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            afterwards.run();
            outcome.completeExceptionally(e);
        }
    }

    /** Stops waiting; an instance that is being cut is still completed. */
    void stop() {
        stopped.countDown();
    }

    private Map<Slice, MigRuntime> run() throws RealisationException, InterruptedException {
        while (true) {
            Map<Slice, MigRuntime> runtimes = new TreeMap<>();
            Optional<RealisationException> waitFor = Optional.empty();
            for (AttemptOutcome attempt : attempts()) {
                switch (attempt) {
                    case AttemptOutcome.Done done -> runtimes.putAll(done.runtimes());
                    case AttemptOutcome.Occupied occupied -> waitFor = Optional.of(waitingMayHelp(occupied));
                    case AttemptOutcome.Refused refused -> waitFor = Optional.of(waitingMayHelp(refused));
                    case AttemptOutcome.HandedOver(Slice wanted) ->
                        throw RealisationException.blocked(
                                wanted,
                                "cannot create %s: that GPU has left the pool; delete the pod so that it is scheduled elsewhere"
                                        .formatted(wanted));
                    case AttemptOutcome.NotSaved(RealisationException cause) -> waitFor = Optional.of(cause);
                }
            }
            if (waitFor.isEmpty()) {
                return runtimes;
            }
            boolean tooLate = !clock.instant().isBefore(deadline);
            if (tooLate || stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                throw waitFor.get();
            }
        }
    }

    private List<AttemptOutcome> attempts() throws RealisationException, InterruptedException {
        Map<String, SortedSet<Slice>> byGpu = new TreeMap<>();
        for (Slice slice : claim.slices()) {
            byGpu.computeIfAbsent(slice.gpuUuid(), _ -> new TreeSet<>()).add(slice);
        }
        List<CompletableFuture<AttemptOutcome>> running = new ArrayList<>();
        for (Map.Entry<String, SortedSet<Slice>> entry : byGpu.entrySet()) {
            running.add(worker(entry.getValue().first()).realise(claim.uid(), entry.getValue()));
        }
        List<AttemptOutcome> attempts = new ArrayList<>();
        for (CompletableFuture<AttemptOutcome> attempt : running) {
            try {
                attempts.add(attempt.get());
            } catch (ExecutionException e) {
                throw new RealisationException(
                        RealisationException.Code.DRIVER,
                        "creating the instances of pod " + claim.name() + " failed: " + e.getCause(),
                        e);
            }
        }
        return attempts;
    }

    private GpuWorker worker(Slice first) throws RealisationException {
        // Before the worker: what is no longer set aside then belongs to one that is known.
        Optional<Slice> unseen = claim.slices().stream()
                .filter(slice -> gpus.deferred().has(slice, claim.uid()))
                .findFirst();
        Optional<GpuWorker> worker = gpus.worker(first.gpuUuid());
        if (worker.isPresent()) {
            return worker.get();
        }
        if (unseen.isPresent()) {
            // Another container of the pod may run there: it must not be moved.
            throw new RealisationException(
                    RealisationException.Code.DRIVER,
                    "the pod has %s, on a GPU that has been missing since the node agent started; the start succeeds once that GPU appears; if it is gone for good, delete the pod so that it is scheduled again"
                            .formatted(unseen.get()));
        }
        throw RealisationException.blocked(
                first,
                "the reservation names GPU %s, which this node does not have (it has %s); delete the pod so that it is scheduled again"
                        .formatted(first.gpuUuid(), gpus.uuids()));
    }

    /**
     * Returns the failure if waiting may help, otherwise throws it: only ending pods and their processes leave by
     * themselves.
     */
    private RealisationException waitingMayHelp(AttemptOutcome.Occupied occupied) throws RealisationException {
        Slice wanted = occupied.wanted();
        MigInstance by = occupied.by();
        return switch (by.state()) {
            case FOREIGN ->
                throw RealisationException.blocked(
                        wanted,
                        "cannot create %s: %s is there and was not created by this pool; remove it, or delete the pod so that it is scheduled elsewhere"
                                .formatted(wanted, by));
            case STUCK ->
                throw RealisationException.blocked(
                        wanted,
                        "cannot create %s: %s cannot be destroyed; end what holds the GPU, possibly a monitoring agent"
                                .formatted(wanted, by));
            case QUARANTINED -> {
                Duration over = Duration.between(by.since(), clock.instant());
                if (over.compareTo(LONGEST_GRACE.negated()) < 0) {
                    throw RealisationException.blocked(
                            wanted,
                            "cannot create %s: containers of a pod that is gone may run in %s until %s"
                                    .formatted(wanted, by, by.since()));
                }
                if (over.compareTo(LONGEST_QUARANTINE) >= 0) {
                    throw RealisationException.blocked(
                            wanted,
                            "cannot create %s: processes of a pod that is gone still run in %s; end them"
                                    .formatted(wanted, by));
                }
                yield stillThere(wanted, by);
            }
            case CREATING, ACTIVE -> {
                if (by.pod().filter(stays).isPresent()) {
                    throw RealisationException.blocked(
                            wanted,
                            "cannot create %s: %s belongs to a running pod; both reserved the same placement"
                                    .formatted(wanted, by));
                }
                yield stillThere(wanted, by);
            }
            case IDLE, DESTROYING -> stillThere(wanted, by);
        };
    }

    private static RealisationException stillThere(Slice wanted, MigInstance by) {
        return new RealisationException(
                RealisationException.Code.OCCUPIED,
                "cannot create %s: %s is still there; it is retried when that pod and its processes are gone"
                        .formatted(wanted, by));
    }

    private RealisationException waitingMayHelp(AttemptOutcome.Refused refused) throws RealisationException {
        GpuException cause = refused.cause();
        String message = "cannot create %s: %s".formatted(refused.wanted(), cause.getMessage());
        return switch (cause.code()) {
            case IN_USE, INSUFFICIENT_RESOURCES, TIMEOUT, UNKNOWN ->
                new RealisationException(RealisationException.Code.DRIVER, message, cause);
            case GPU_LOST, RESET_REQUIRED -> {
                if (mayBeThere(refused.wanted())) {
                    // Another container of the pod may run there: it must not be moved.
                    yield new RealisationException(RealisationException.Code.DRIVER, message, cause);
                }
                throw RealisationException.blocked(refused.wanted(), message, cause);
            }
            case NOT_SUPPORTED -> {
                if (mayBeThere(refused.wanted())) {
                    throw new RealisationException(RealisationException.Code.DRIVER, message, cause);
                }
                throw RealisationException.noMig(refused.wanted(), message, cause);
            }
            case NOT_FOUND, NO_PERMISSION, INVALID_ARGUMENT ->
                throw new RealisationException(RealisationException.Code.DRIVER, message, cause);
        };
    }

    /**
     * Returns whether the slice may exist for the pod. An instance that the ownership file calls half made may have
     * been completed since, which cannot be known while the GPU cannot be read.
     */
    private boolean mayBeThere(Slice slice) throws RealisationException {
        return worker(slice).snapshot().stream()
                .anyMatch(instance -> instance.slice().equals(slice) && instance.belongsTo(claim.uid()));
    }
}
