package io.migpool.extender.apiserver;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The objects that an informer has read and its listener has not taken yet. fabric8 queues them without a bound: a list of a
 * hundred thousand pods that is read faster than it is taken would have to fit into memory as a whole.
 */
final class Backlog {

    private final Semaphore places;
    /** The number of objects that were let in without a place. */
    private final AtomicInteger excess = new AtomicInteger();

    private final Duration longestWait;

    /**
     * @param most how many objects may wait
     * @param longestWait after it an object is let in nonetheless: a listener that hangs must not hang the informer, too
     */
    Backlog(int most, Duration longestWait) {
        this.places = new Semaphore(most);
        this.longestWait = longestWait;
    }

    /** Counts an object that the informer is about to queue; waits until there is a place for it. */
    void enter() {
        boolean placed = false;
        try {
            placed = places.tryAcquire(longestWait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (!placed) {
                excess.incrementAndGet();
            }
        }
    }

    /** Returns how many more objects may wait. */
    int free() {
        return places.availablePermits();
    }

    /** Counts an object that the listener has taken. */
    void leave() {
        if (excess.getAndUpdate(count -> Math.max(0, count - 1)) == 0) {
            places.release();
        }
    }
}
