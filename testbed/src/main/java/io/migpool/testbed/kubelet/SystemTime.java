package io.migpool.testbed.kubelet;

import io.migpool.runtime.time.SteadyClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Real time: one thread for all waits of a node. The number of pending alarms is bounded by the pods of the node, a few
 * per container.
 */
final class SystemTime implements NodeTime {

    private final SteadyClock clock = SteadyClock.ofSystem();
    private final ScheduledThreadPoolExecutor executor;

    SystemTime(String name) {
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name(name + "-timer").daemon(true).factory());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // An alarm that is set while the node closes is not an error, because there is nothing left to wake.
        executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    @Override
    public Instant instant() {
        return clock.instant();
    }

    @Override
    public void after(Duration wait, Runnable alarm) {
        var _ = executor.schedule(alarm, wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
