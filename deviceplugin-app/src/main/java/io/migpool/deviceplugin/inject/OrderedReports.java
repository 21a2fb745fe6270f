package io.migpool.deviceplugin.inject;

import java.lang.System.Logger.Level;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Tells things in the order in which they are handed over, on a thread of its own, so that a container does not wait
 * for the log. Whoever comes while too many are waiting waits too; what is handed over after the end is told at once.
 */
final class OrderedReports implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(OrderedReports.class.getName());
    private static final int MOST_WAITING = 1024;
    private static final long CLOSE_LIMIT_SECONDS = 5;

    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Thread.ofVirtual().name("container-starts-log").factory(),
            OrderedReports::waitForRoom);

    /** Hands it over; it must not throw. */
    void tell(Runnable told) {
        thread.execute(told);
    }

    private static void waitForRoom(Runnable told, ThreadPoolExecutor thread) {
        boolean waits = false;
        try {
            if (!thread.isShutdown()) {
                thread.getQueue().put(told);
                waits = true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // It may have ended in between.
        if (!waits || (thread.isTerminated() && thread.getQueue().remove(told))) {
            told.run();
        }
    }

    /** Tells what is left. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(
                        Level.WARNING,
                        "the starts of {0} containers are not logged",
                        thread.getQueue().size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
