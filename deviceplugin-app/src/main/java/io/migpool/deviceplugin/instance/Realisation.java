package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Clock;
import java.time.Instant;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Cutting all instances of one pod, once: its GPUs side by side, tried again until the limit while waiting may help. Runs on a
 * virtual thread of its own.
 */
final class Realisation {

    private static final long PAUSE_MILLIS = 100;

    private final PodClaim claim;
    private final Map<String, GpuWorker> workers;
    private final Instant deadline;
    private final Clock clock;
    private final CompletableFuture<Map<Slice, MigRuntime>> outcome = new CompletableFuture<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch stopped = new CountDownLatch(1);

    Realisation(PodClaim claim, Map<String, GpuWorker> workers, Instant deadline, Clock clock) {
        this.claim = claim;
        this.workers = workers;
        this.deadline = deadline;
        this.clock = clock;
    }

    /** Starts it unless it runs already; {@code afterwards} runs before the outcome is told. */
    CompletableFuture<Map<Slice, MigRuntime>> startOnce(Runnable afterwards) {
        if (started.compareAndSet(false, true)) {
            Thread.ofVirtual().name("realise-" + claim.name()).start(() -> {
                try {
                    Map<Slice, MigRuntime> runtimes = run();
                    afterwards.run();
                    outcome.complete(runtimes);
                } catch (RealisationException | RuntimeException e) {
                    afterwards.run();
                    outcome.completeExceptionally(e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    afterwards.run();
                    outcome.completeExceptionally(e);
                }
            });
        }
        return outcome;
    }

    void stop() {
        stopped.countDown();
    }

    private Map<Slice, MigRuntime> run() throws RealisationException, InterruptedException {
        while (true) {
            Map<Slice, MigRuntime> runtimes = new TreeMap<>();
            Optional<RealisationException> waitFor = Optional.empty();
            for (Attempt attempt : attempts()) {
                switch (attempt) {
                    case Attempt.Done done -> runtimes.putAll(done.runtimes());
                    case Attempt.Occupied occupied -> waitFor = Optional.of(waitingMayHelp(occupied));
                    case Attempt.Refused refused -> waitFor = Optional.of(waitingMayHelp(refused));
                    case Attempt.NotSaved(RealisationException cause) -> waitFor = Optional.of(cause);
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

    private List<Attempt> attempts() throws RealisationException, InterruptedException {
        Map<String, SortedSet<Slice>> byGpu = new TreeMap<>();
        for (Slice slice : claim.slices()) {
            byGpu.computeIfAbsent(slice.gpuUuid(), _ -> new TreeSet<>()).add(slice);
        }
        List<CompletableFuture<Attempt>> running = new ArrayList<>();
        for (Map.Entry<String, SortedSet<Slice>> entry : byGpu.entrySet()) {
            running.add(worker(entry.getKey()).realise(claim.uid(), entry.getValue()));
        }
        List<Attempt> attempts = new ArrayList<>();
        for (CompletableFuture<Attempt> attempt : running) {
            try {
                attempts.add(attempt.get());
            } catch (ExecutionException e) {
                throw new RealisationException(
                        RealisationException.Code.DRIVER,
                        "cutting for pod " + claim.name() + " failed: " + e.getCause(),
                        e);
            }
        }
        return attempts;
    }

    private GpuWorker worker(String gpuUuid) throws RealisationException {
        GpuWorker worker = workers.get(gpuUuid);
        if (worker == null) {
            throw new RealisationException(
                    RealisationException.Code.BLOCKED,
                    "the reservation names GPU %s, which this node does not have (it has %s); delete the pod so that it is placed anew"
                            .formatted(gpuUuid, workers.keySet()));
        }
        return worker;
    }

    /** Pods and processes leave by themselves; foreign instances do not. */
    private static RealisationException waitingMayHelp(Attempt.Occupied occupied) throws RealisationException {
        MigInstance by = occupied.by();
        return switch (by.state()) {
            case FOREIGN ->
                throw new RealisationException(
                        RealisationException.Code.BLOCKED,
                        "cannot cut %s: %s lies there and was not made by this pool; remove it, or delete the pod so that it is placed elsewhere"
                                .formatted(occupied.wanted(), by));
            case STUCK ->
                new RealisationException(
                        RealisationException.Code.BLOCKED,
                        "cannot cut %s: %s cannot be destroyed; end what holds the GPU, a monitoring agent perhaps"
                                .formatted(occupied.wanted(), by));
            case CREATING, ACTIVE, IDLE, DESTROYING, QUARANTINED ->
                new RealisationException(
                        RealisationException.Code.OCCUPIED,
                        "cannot cut %s: %s is still there; it is tried again when that pod and its processes are gone"
                                .formatted(occupied.wanted(), by));
        };
    }

    private static RealisationException waitingMayHelp(Attempt.Refused refused) throws RealisationException {
        GpuException cause = refused.cause();
        RealisationException failure = new RealisationException(
                RealisationException.Code.DRIVER,
                "cannot cut %s: %s".formatted(refused.wanted(), cause.getMessage()),
                cause);
        return switch (cause.code()) {
            case IN_USE, INSUFFICIENT_RESOURCES, TIMEOUT, UNKNOWN -> failure;
            case NOT_FOUND, NOT_SUPPORTED, NO_PERMISSION, GPU_LOST, INVALID_ARGUMENT, RESET_REQUIRED -> throw failure;
        };
    }
}
