package io.migpool.extender.reservation;

import java.time.Duration;

/** Waits between attempts; tests let time pass instead. */
@FunctionalInterface
public interface Pause {

    /** Blocks for that time, or until the thread is interrupted. */
    void pause(Duration duration) throws InterruptedException;
}
