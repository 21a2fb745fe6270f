package io.migpool.runtime.time;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * A thread that repeats one step, when woken and after a pause. If a step throws, the exception is logged and the step
 * retried after pauses that grow from 0.2 s to 10 s.
 */
public final class Loop implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Loop.class.getName());
    private static final BackOff RETRIES = new BackOff(Duration.ofMillis(200), Duration.ofSeconds(10));
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    /** The step to repeat. */
    @FunctionalInterface
    public interface Step {
        /** Runs the step; returns when the next one is due. */
        Next run() throws InterruptedException;
    }

    /** When the next step is due, unless the loop is woken earlier. */
    public enum Next {
        /** After the loop's pause. */
        AFTER_PAUSE,
        /** Soon, because something is left to do; again and again, it takes longer and longer. */
        RETRY_SOON
    }

    private final String name;
    private final Duration pause;
    private final Duration least;
    private final Step step;
    private final Semaphore woken = new Semaphore(0);
    private final Thread thread;

    private Loop(String name, Duration pause, Duration least, Step step, ThreadFactory threads) {
        this.name = name;
        this.pause = pause;
        this.least = least;
        this.step = step;
        this.thread = threads.newThread(this::run);
    }

    /** Returns a loop on a virtual thread. */
    public static Loop of(String name, Duration pause, Step step) {
        return of(name, pause, Duration.ZERO, step);
    }

    /**
     * Returns a loop on a virtual thread.
     *
     * @param least minimum time from the end of a step to the next, however often it is woken
     */
    public static Loop of(String name, Duration pause, Duration least, Step step) {
        return new Loop(name, pause, least, step, Thread.ofVirtual().name(name).factory());
    }

    /** Returns a loop on a platform thread, for steps that make driver calls. */
    public static Loop ofDriverCalls(String name, Duration pause, Step step) {
        return ofDriverCalls(name, pause, Duration.ZERO, step);
    }

    /**
     * Returns a loop on a platform thread, for steps that make driver calls.
     *
     * @param least minimum time from the end of a step to the next, however often it is woken
     */
    public static Loop ofDriverCalls(String name, Duration pause, Duration least, Step step) {
        return new Loop(
                name,
                pause,
                least,
                step,
                Thread.ofPlatform().daemon().name(name).factory());
    }

    /** Starts the thread. Call it once. */
    public void start() {
        thread.start();
    }

    /** Makes the step run soon; several calls before it runs count as one. */
    public void wake() {
        if (woken.availablePermits() == 0) {
            woken.release();
        }
    }

    private void run() {
        Duration retry = RETRIES.first();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                woken.drainPermits();
                boolean well = runStep() == Next.AFTER_PAUSE;
                TimeUnit.NANOSECONDS.sleep(least.toNanos());
                Duration wait = well ? pause : retry;
                retry = well ? RETRIES.first() : RETRIES.after(retry);
                boolean early = woken.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
                LOG.log(System.Logger.Level.TRACE, "{0}: next step, woken {1}", name, early);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Next runStep() throws InterruptedException {
        try {
            return step.run();
        } catch (RuntimeException | Error e) {
            // A class that is missing in one branch must not end what all the others depend on.
            LOG.log(System.Logger.Level.ERROR, name + " failed unexpectedly; retrying", e);
            return Next.RETRY_SOON;
        }
    }

    /** Interrupts the step and waits for it to end. Does nothing if the loop was never started. */
    @Override
    public void close() {
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        thread.interrupt();
        try {
            thread.join(CLOSE_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
