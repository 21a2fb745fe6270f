package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The node's alarm clock: one thread for all waits. What it runs must be short, so longer work only gets its thread woken. The
 * number of pending alarms is bounded by the pods of the node, a few for each container.
 */
final class Timers implements AutoCloseable {

    private final ScheduledThreadPoolExecutor executor;

    Timers(String name) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name(name + "-timer").daemon(true).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // An alarm that is set while the node closes is not an error: there is nobody left to wake.
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
