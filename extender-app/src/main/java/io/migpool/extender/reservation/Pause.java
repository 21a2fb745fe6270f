package io.migpool.extender.reservation;

import java.time.Duration;

/** Waits between attempts; tests let time pass instead. */
@FunctionalInterface
public interface Pause {

    /** Waits that long. */
    void pause(Duration duration) throws InterruptedException;
}
