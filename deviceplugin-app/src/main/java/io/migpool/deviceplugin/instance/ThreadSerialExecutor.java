package io.migpool.deviceplugin.instance;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * An executor with a thread of its own: a platform thread, because driver calls are native and would pin a virtual one.
 */
final class ThreadSerialExecutor implements SerialExecutor {

    private static final System.Logger LOG = System.getLogger(ThreadSerialExecutor.class.getName());
    private static final int MOST_WAITING = 1024;

    private final String gpuUuid;
    private final ThreadPoolExecutor thread;

    ThreadSerialExecutor(String gpuUuid) {
        this.gpuUuid = gpuUuid;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().daemon().name("gpu-" + gpuUuid).factory());
    }

    @Override
    public int queued() {
        return thread.getQueue().size();
    }

    /** A task and its future. */
    private record Waiting<T>(Callable<T> task, CompletableFuture<T> done) implements Runnable {

        @Override
        public void run() {
            try {
                done.complete(task.call());
            } catch (Exception | Error e) {
                done.completeExceptionally(e);
            }
        }

        void turnAway() {
            done.cancel(false);
        }
    }

    @Override
    public <T> CompletableFuture<T> submit(Callable<T> task) {
        Waiting<T> waiting = new Waiting<>(task, new CompletableFuture<>());
        try {
            thread.execute(waiting);
        } catch (RejectedExecutionException e) {
            if (thread.isShutdown()) {
                waiting.turnAway();
            } else {
                waiting.done()
                        .completeExceptionally(
                                new IllegalStateException(MOST_WAITING + " tasks wait for GPU " + gpuUuid, e));
            }
        }
        return waiting.done();
    }

    @Override
    public void close() {
        // Not interrupted, because the task in progress may be in the driver.
        thread.shutdown();
        List<Runnable> left = new ArrayList<>();
        thread.getQueue().drainTo(left);
        left.forEach(task -> {
            if (task instanceof Waiting<?> waiting) {
                waiting.turnAway();
            }
        });
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "GPU {0} is still busy; its task is left to finish by itself", gpuUuid);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
