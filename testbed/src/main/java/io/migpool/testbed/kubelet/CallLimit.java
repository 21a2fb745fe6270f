package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A token bucket: {@code burst} calls at once, then one more each {@code 1/rate} seconds.
 *
 * <p>The tokens at time t are {@code min(burst, tokens + (t - last) · rate)}; a call takes one or is refused.
 */
final class CallLimit {

    private static final double NANOS_PER_SECOND = 1e9;

    private final double ratePerSecond;
    private final int burst;
    private final InstantSource clock;

    // Guards tokens and last.
    private final ReentrantLock lock = new ReentrantLock();
    private double tokens;
    private Instant last;

    CallLimit(double ratePerSecond, int burst, InstantSource clock) {
        this.ratePerSecond = ratePerSecond;
        this.burst = burst;
        this.clock = clock;
        this.tokens = burst;
        this.last = clock.instant();
    }

    boolean tryCall() {
        lock.lock();
        try {
            var now = clock.instant();
            tokens = Math.min(burst, tokens + Duration.between(last, now).toNanos() * ratePerSecond / NANOS_PER_SECOND);
            last = now;
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        } finally {
            lock.unlock();
        }
    }
}
