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
 * A platform thread that runs native calls one after another. They block and cannot be interrupted: on a virtual thread
 * they would block the carrier, and on the caller's thread a dead GPU would block the caller. Callers wait a bounded
 * time; work that a caller has given up is not started, but a call in progress runs to its end. The thread ends when it
 * has been idle for a while.
 */
final class NvmlThread {

    /** Maximum number of waiting calls; more are refused. */
    static final int LONGEST_QUEUE = 256;

    private static final Duration IDLE = Duration.ofSeconds(30);

    private final ThreadPoolExecutor executor;
    private final Duration limit;
    /** The work in progress, if any. */
    private volatile @Nullable Wanted current;
    /** The work that was running when a caller timed out, whether waiting for that work or behind it. */
    private volatile @Nullable Wanted tooLong;

    /**
     * @param name its name
     * @param limit how long a caller waits, including in the queue
     */
    NvmlThread(String name, Duration limit) {
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

    /** Whether a caller still waits for the work. */
    static final class Wanted {

        private final String call;
        private final String gpuUuid;
        private final AtomicBoolean givenUp = new AtomicBoolean();

        private Wanted(String call, String gpuUuid) {
            this.call = call;
            this.gpuUuid = gpuUuid;
        }

        /** Call this right before any change: once the caller has given up, the change is no longer expected. */
        void check() throws GpuException {
            if (givenUp.get()) {
                throw new GpuException(GpuErrorCode.TIMEOUT, call, gpuUuid, "the caller gave up; nothing was changed");
            }
        }
    }

    /**
     * Runs native work on the thread and waits for it.
     *
     * @param call the call of the port, for messages
     * @param gpuUuid the GPU it is about, for messages
     * @throws GpuException {@code TIMEOUT} if it takes too long or the thread is interrupted; any failure of the work
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
     * Starts work without a time limit.
     *
     * @return its completion; a failure is a {@link GpuException}
     * @throws GpuException if it cannot be started
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

    /**
     * Returns whether a caller has already timed out on the call in progress; callers that can do without an answer
     * need not wait then.
     */
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
                            LONGEST_QUEUE + " calls are already waiting for this GPU",
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

    /** Accepts no more work and cancels waiting work. */
    void close() {
        for (Runnable waiting : executor.shutdownNow()) {
            if (waiting instanceof Future<?> future) {
                future.cancel(false);
            }
        }
    }

    /** After {@link #close}, waits for the call in progress; returns false if it is still running after that time. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        return executor.awaitTermination(time.toMillis(), TimeUnit.MILLISECONDS);
    }
}
