package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread that native calls run on, one after another. They block and cannot be interrupted: on a virtual thread they
 * would hold up the carrier, on the caller's thread a dead GPU would take the caller along. The caller waits a bounded time; what
 * it gave up is not begun any more, though a call that is under way ends when it ends. The thread goes when it has had nothing to
 * do for a while.
 */
final class NativeLane {

    /** Calls that may wait; more are refused. */
    static final int LONGEST_QUEUE = 256;

    private static final Duration IDLE = Duration.ofSeconds(30);

    private final ThreadPoolExecutor executor;
    private final Duration limit;
    /** What runs now, if anything. */
    private volatile @Nullable Wanted current;
    /** What ran when somebody waited in vain, be it for that or behind it. */
    private volatile @Nullable Wanted tooLong;

    /**
     * A lane.
     *
     * @param name name of its thread
     * @param limit how long a caller waits, queue included
     */
    NativeLane(String name, Duration limit) {
        this.limit = limit;
        this.executor = new ThreadPoolExecutor(
                1,
                1,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new ArrayBlockingQueue<>(LONGEST_QUEUE),
                Thread.ofPlatform().daemon().name(name).factory());
        executor.allowCoreThreadTimeOut(true);
    }

    /** Native work for one call of the port. */
    @FunctionalInterface
    interface Work<T> {
        T run(Wanted wanted) throws NvmlException, GpuException;
    }

    /** Whether somebody still waits for the work. */
    static final class Wanted {

        private final String call;
        private final String gpuUuid;
        private final AtomicBoolean givenUp = new AtomicBoolean();

        private Wanted(String call, String gpuUuid) {
            this.call = call;
            this.gpuUuid = gpuUuid;
        }

        /** To be asked right before anything is changed: nobody expects the change any more once the caller is gone. */
        void check() throws GpuException {
            if (givenUp.get()) {
                throw new GpuException(
                        GpuErrorCode.TIMEOUT, call, gpuUuid, "given up by the caller, nothing was changed");
            }
        }
    }

    /**
     * Runs native work on the lane and waits for it.
     *
     * @param call the call of the port, for messages
     * @param gpuUuid the GPU it is about, for messages
     * @throws GpuException {@code TIMEOUT} if it takes too long or the thread is interrupted; whatever the work meets with
     */
    <T> T run(String call, String gpuUuid, Work<T> work) throws GpuException {
        Wanted wanted = new Wanted(call, gpuUuid);
        Future<T> future = enqueue(wanted, new FutureTask<>(() -> running(work, wanted)));
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            tooLong = current;
            throw givenUp(wanted, future, "no answer within " + limit, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw givenUp(wanted, future, "interrupted before it was done", e);
        } catch (CancellationException e) {
            throw closed(call, gpuUuid);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw failure(call, gpuUuid, cause == null ? e : cause);
        }
    }

    /**
     * Begins work that takes as long as it takes.
     *
     * @return its end; a failure is a {@link GpuException}
     * @throws GpuException if it cannot be begun
     */
    <T> CompletableFuture<T> begin(String call, String gpuUuid, Work<T> work) throws GpuException {
        Wanted wanted = new Wanted(call, gpuUuid);
        CompletableFuture<T> end = new CompletableFuture<>();
        var _ = enqueue(wanted, new FutureTask<T>(() -> running(work, wanted)) {
            @Override
            protected void done() {
                try {
                    end.complete(get());
                } catch (ExecutionException e) {
                    Throwable cause = e.getCause();
                    end.completeExceptionally(failure(call, gpuUuid, cause == null ? e : cause));
                } catch (CancellationException e) {
                    end.completeExceptionally(closed(call, gpuUuid));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    end.completeExceptionally(failure(call, gpuUuid, e));
                }
            }
        });
        return end;
    }

    private <T> T running(Work<T> work, Wanted wanted) throws NvmlException, GpuException {
        current = wanted;
        try {
            return work.run(wanted);
        } finally {
            current = null;
        }
    }

    /** Whether a call is under way that somebody waited for in vain already; who can do without an answer need not wait too. */
    boolean isHeldUp() {
        Wanted now = current;
        return now != null && now == tooLong;
    }

    private <T> FutureTask<T> enqueue(Wanted wanted, FutureTask<T> task) throws GpuException {
        try {
            executor.execute(task);
            return task;
        } catch (RejectedExecutionException e) {
            throw executor.isShutdown()
                    ? closed(wanted.call, wanted.gpuUuid)
                    : new GpuException(
                            GpuErrorCode.TIMEOUT,
                            wanted.call,
                            wanted.gpuUuid,
                            LONGEST_QUEUE + " calls wait for this GPU already",
                            e);
        }
    }

    private static GpuException givenUp(Wanted wanted, Future<?> future, String why, Exception cause) {
        wanted.givenUp.set(true);
        future.cancel(false);
        return new GpuException(GpuErrorCode.TIMEOUT, wanted.call, wanted.gpuUuid, why, cause);
    }

    private static GpuException failure(String call, String gpuUuid, Throwable cause) {
        return switch (cause) {
            case NvmlException e -> e.toGpuException(call, gpuUuid);
            case GpuException e -> e;
            default -> new GpuException(GpuErrorCode.UNKNOWN, call, gpuUuid, "the adapter failed with " + cause, cause);
        };
    }

    static GpuException closed(String call, String gpuUuid) {
        return new GpuException(GpuErrorCode.INVALID_ARGUMENT, call, gpuUuid, "the driver is closed");
    }

    /** Takes no more work and turns away what waits. */
    void close() {
        for (Runnable waiting : executor.shutdownNow()) {
            if (waiting instanceof Future<?> future) {
                future.cancel(false);
            }
        }
    }

    /** After {@link #close}: waits for the call that is under way; false if it is still there after that time. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        return executor.awaitTermination(time.toMillis(), TimeUnit.MILLISECONDS);
    }
}
