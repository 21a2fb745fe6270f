package io.migpool.testbed.kubelet;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A token bucket: {@code burst} calls at once, then one more each {@code 1/rate} seconds.
 *
 * <p>The tokens at time t are {@code min(burst, tokens + (t - last) · rate)}; a call takes one or is refused.
 */
final class CallLimit {

    private static final double NANOS_PER_SECOND = 1e9;

    private final double ratePerSecond;
    private final int burst;
    private final LongSupplier nanoTime;

    // Guards tokens and last.
    private final ReentrantLock lock = new ReentrantLock();
    private double tokens;
    private long last;

    CallLimit(double ratePerSecond, int burst, LongSupplier nanoTime) {
        this.ratePerSecond = ratePerSecond;
        this.burst = burst;
        this.nanoTime = nanoTime;
        this.tokens = burst;
        this.last = nanoTime.getAsLong();
    }

    boolean tryCall() {
        lock.lock();
        try {
            var now = nanoTime.getAsLong();
            tokens = Math.min(burst, tokens + (now - last) * ratePerSecond / NANOS_PER_SECOND);
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
