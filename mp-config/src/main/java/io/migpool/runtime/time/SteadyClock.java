package io.migpool.runtime.time;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Begins with the wall clock and goes on evenly, whatever becomes of that: for measuring how long ago something was. What is
 * written down for others to read has the wall clock's time.
 */
public final class SteadyClock implements InstantSource {

    private final Instant start;
    private final LongSupplier nanoTime;
    private final long startNanos;

    /**
     * @param wall read once
     * @param nanoTime a clock that never goes back, in nanoseconds
     */
    public SteadyClock(InstantSource wall, LongSupplier nanoTime) {
        this.start = wall.instant();
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
    }

    /** Begins with the system's clock as it is now. */
    public static SteadyClock ofSystem() {
        return new SteadyClock(InstantSource.system(), System::nanoTime);
    }

    @Override
    public Instant instant() {
        return start.plus(Duration.ofNanos(nanoTime.getAsLong() - startNanos));
    }
}
