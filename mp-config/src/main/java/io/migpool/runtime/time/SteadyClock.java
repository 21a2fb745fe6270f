package io.migpool.runtime.time;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * A clock that starts at the wall clock's time and then advances evenly, whatever happens to the wall clock: for
 * measuring how long ago something was. Timestamps for others to read come from the wall clock.
 */
public final class SteadyClock implements InstantSource {

    private final Instant start;
    private final LongSupplier nanoTime;
    private final long startNanos;

    /**
     * @param wall read once
     * @param nanoTime a clock that never goes backwards, in nanoseconds
     */
    public SteadyClock(InstantSource wall, LongSupplier nanoTime) {
        this.start = wall.instant();
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
    }

    /** Returns a clock that starts at the present system time. */
    public static SteadyClock ofSystem() {
        return new SteadyClock(InstantSource.system(), System::nanoTime);
    }

    @Override
    public Instant instant() {
        return start.plus(Duration.ofNanos(nanoTime.getAsLong() - startNanos));
    }
}
