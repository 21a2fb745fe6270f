package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The node's timers: one thread for all waits. Actions must be short; longer work only gets its thread woken. The
 * number of pending timers is bounded by the pods of the node, a few per container.
 */
final class Timers implements AutoCloseable {

    private final ScheduledThreadPoolExecutor executor;

    Timers(String name) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name(name + "-timer").daemon(true).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // A timer that is set while the node closes is not an error, because there is nothing left to wake.
        executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    void after(Duration wait, Runnable alarm) {
        var _ = executor.schedule(alarm, wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
