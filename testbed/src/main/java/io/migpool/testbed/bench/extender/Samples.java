package io.migpool.testbed.bench.extender;

import java.util.Arrays;

/** Durations and allocations of calls. Used by one thread. */
final class Samples {

    private static final double NANOS_PER_MILLI = 1e6;

    private long[] nanos = new long[1024];
    private int count;
    private long bytes;

    void add(long durationNanos, long allocatedBytes) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = durationNanos;
        bytes += allocatedBytes;
    }

    void addAll(Samples others) {
        for (int i = 0; i < others.count; i++) {
            add(others.nanos[i], 0);
        }
        bytes += others.bytes;
    }

    int count() {
        return count;
    }

    /**
     * Returns the smallest duration that this share of the calls did not exceed, in milliseconds; 0 if there was no
     * call.
     */
    double millis(double share) {
        if (count == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int at = (int) Math.ceil(share * count) - 1;
        return sorted[Math.clamp(at, 0, count - 1)] / NANOS_PER_MILLI;
    }

    /** Returns the calls per second of time spent in calls. */
    double perSecond() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += nanos[i];
        }
        return count == 0 ? 0 : count / (sum / 1e9);
    }

    long bytesPerCall() {
        return count == 0 ? 0 : bytes / count;
    }
}
