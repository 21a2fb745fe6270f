package io.migpool.deviceplugin.instance;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Saves the ownership from one thread of its own. Requests that arrive during a write share the next one, so that GPUs
 * working in parallel do not wait for a write each. A request without a waiting caller is delayed a moment in favour of
 * one with a waiting caller, so that the start of a container is a single write.
 */
final class OwnershipWriter implements OwnershipLog {

    private static final System.Logger LOG = System.getLogger(OwnershipWriter.class.getName());
    private static final int MOST_WAITING = 4096;
    private static final long TIMEOUT_SECONDS = 10;
    private static final Duration STANDS_BACK = Duration.ofMillis(50);
    /** Time without changes before the file is synced to disk, so that a container start does not wait for that. */
    private static final long QUIET_SECONDS = 1;

    private final OwnershipFile file;
    private final Supplier<Ownership> current;
    private final Duration standsBack;
    private final ThreadFactory threads;
    private final BlockingQueue<Request> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    /** Whether a request without a waiting caller is pending; until it is started, it serves all later ones. */
    private final AtomicBoolean soon = new AtomicBoolean();
    /** Whether the file is being synced to disk, on a thread of its own: writes must not wait for a slow disk. */
    private final AtomicBoolean forcing = new AtomicBoolean();
    /** Before the first request the file may not even have been read, and the present state is unknown. */
    private volatile boolean asked;

    private final Thread thread;

    /**
     * @param written completed after the write
     * @param awaited whether a caller waits for it
     */
    private record Request(CompletableFuture<Void> written, boolean awaited) {}

    /**
     * @param current supplies the present ownership; called on the writer's thread, after the change that requested the
     *     write
     */
    OwnershipWriter(OwnershipFile file, Supplier<Ownership> current) {
        this(
                file,
                current,
                STANDS_BACK,
                Thread.ofPlatform().daemon().name("ownership-to-disk").factory());
    }

    /**
     * @param threads makes a thread each time the file is synced to disk
     */
    OwnershipWriter(OwnershipFile file, Supplier<Ownership> current, Duration standsBack, ThreadFactory threads) {
        this.file = file;
        this.standsBack = standsBack;
        this.threads = threads;
        this.current = current;
        this.thread = Thread.ofVirtual().name("ownership-writer").start(this::run);
    }

    /** Requests a write of the present state. */
    CompletableFuture<Void> request() {
        return enqueue(true);
    }

    private CompletableFuture<Void> enqueue(boolean awaited) {
        asked = true;
        CompletableFuture<Void> written = new CompletableFuture<>();
        if (!waiting.offer(new Request(written, awaited))) {
            written.completeExceptionally(new IOException(MOST_WAITING + " writes are waiting for " + file));
        }
        return written;
    }

    @Override
    public void saveNow() throws RealisationException {
        try {
            request().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new RealisationException(
                    RealisationException.Code.STATE,
                    "cannot write %s (%s); make the directory writable and free some space"
                            .formatted(file, e.getCause() == null ? "no answer" : e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RealisationException(RealisationException.Code.STATE, "stopped while writing " + file, e);
        }
    }

    @Override
    public void saveSoon() {
        if (!soon.compareAndSet(false, true)) {
            return;
        }
        var _ = enqueue(false).whenComplete((_, failure) -> {
            if (failure != null) {
                soon.set(false);
                LOG.log(Level.WARNING, "cannot write " + file + "; it is written with the next change", failure);
            }
        });
    }

    private void run() {
        boolean behind = false;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Optional<Request> first = next(behind);
                behind = first.isPresent() ? save(first.get()) : !forceBeside();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Begins to sync the file to disk; returns false if the disk has not finished the last time yet. */
    private boolean forceBeside() {
        if (!forcing.compareAndSet(false, true)) {
            return false;
        }
        try {
            threads.newThread(this::force).start();
        } catch (RuntimeException | Error e) {
            // A machine may be out of threads for a moment; nothing can be saved without this one.
            forcing.set(false);
            notForced(e);
        }
        return true;
    }

    private void force() {
        try {
            file.force();
        } catch (IOException | RuntimeException | Error e) {
            notForced(e);
        } finally {
            forcing.set(false);
        }
    }

    private void notForced(Throwable why) {
        LOG.log(Level.WARNING, file + " was not forced to disk; retrying with the next change", why);
    }

    /** Returns the next request; none if the disk is behind and there are no changes. */
    private Optional<Request> next(boolean behind) throws InterruptedException {
        return behind
                ? Optional.ofNullable(waiting.poll(QUIET_SECONDS, TimeUnit.SECONDS))
                : Optional.of(waiting.take());
    }

    private boolean save(Request first) throws InterruptedException {
        List<Request> batch = new ArrayList<>(List.of(first));
        if (!first.awaited()) {
            Optional.ofNullable(waiting.poll(standsBack.toNanos(), TimeUnit.NANOSECONDS))
                    .ifPresent(batch::add);
        }
        waiting.drainTo(batch);
        soon.set(false);
        try {
            file.save(current.get());
            batch.forEach(request -> request.written().complete(null));
            return true;
        } catch (IOException | RuntimeException | Error e) {
            // Waiting callers get the exception, and the thread continues.
            batch.forEach(request -> request.written().completeExceptionally(e));
            return false;
        }
    }

    @Override
    public void close() {
        if (asked) {
            try {
                saveNow();
            } catch (RealisationException e) {
                LOG.log(Level.WARNING, "the last write failed", e);
            }
        }
        thread.interrupt();
        try {
            file.force();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, file + " is left to the system to write out", e);
        }
    }
}
