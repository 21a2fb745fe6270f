package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The pods that wait for a node. Ready ones leave by priority, then by arrival; one whose cycle ended with an error rests for a
 * back-off that doubles; a refused one waits for a cluster event, for any change of its own, its status included, or for the
 * longest wait. What falls into a pod's own cycle is not lost on it. Holds each pod once, so it is bounded by the pods of the
 * cluster.
 */
final class SchedulingQueue {

    private enum Place {
        READY,
        RESTING,
        WAITING,
        IN_CYCLE
    }

    private static final class Entry {
        private PodInfo pod;
        private Place place = Place.READY;
        private final long arrival;
        private long dueNanos;
        private int attempts;
        private int errors;
        /** Whether something that could let the pod fit came during its cycle. */
        private boolean woken;

        private Entry(PodInfo pod, long arrival) {
            this.pod = pod;
            this.arrival = arrival;
        }

        private String version() {
            return String.valueOf(pod.pod().getMetadata().getResourceVersion());
        }

        private void begin() {
            place = Place.IN_CYCLE;
            attempts++;
            woken = false;
        }

        private void wake() {
            switch (place) {
                case WAITING -> place = Place.READY;
                case IN_CYCLE -> woken = true;
                case READY, RESTING -> {}
            }
        }
    }

    /**
     * A pod whose turn it is.
     *
     * @param attempt number of this cycle, from 1
     */
    record Turn(PodInfo pod, int attempt) {}

    private static final Comparator<Entry> ORDER =
            Comparator.<Entry>comparingInt(entry -> -entry.pod.priority()).thenComparingLong(entry -> entry.arrival);

    private final Duration errorBackOff;
    private final Duration errorBackOffMax;
    private final Duration longestWait;
    private final LongSupplier nanoTime;

    // Guards everything below.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Entry> entries = new HashMap<>();
    private long arrivals;
    private boolean closed;

    SchedulingQueue(Duration errorBackOff, Duration errorBackOffMax, Duration longestWait, LongSupplier nanoTime) {
        this.errorBackOff = errorBackOff;
        this.errorBackOffMax = errorBackOffMax;
        this.longestWait = longestWait;
        this.nanoTime = nanoTime;
    }

    /** Adds the pod or takes its newer form; any change ends its waiting, even that of the condition that refusing it wrote. */
    void put(Pod pod) {
        locked(() -> {
            var uid = pod.getMetadata().getUid();
            var entry = entries.get(uid);
            if (entry == null) {
                entries.put(uid, new Entry(PodInfo.of(pod), arrivals++));
                return;
            }
            var changed = !entry.version().equals(pod.getMetadata().getResourceVersion());
            entry.pod = PodInfo.of(pod);
            if (changed) {
                entry.wake();
            }
        });
    }

    void remove(String uid) {
        locked(() -> entries.remove(uid));
    }

    /** Something happened that may let refused pods fit. */
    void clusterEvent() {
        locked(() -> entries.values().forEach(Entry::wake));
    }

    /** Waits for the next pod; empty once the queue is closed. */
    Optional<Turn> take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                var turn = next();
                if (turn.isPresent()) {
                    return turn;
                }
                var _ = changed.awaitNanos(nanosToNextDue());
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the next pod if it is some pod's turn now. */
    Optional<Turn> poll() {
        lock.lock();
        try {
            return next();
        } finally {
            lock.unlock();
        }
    }

    private Optional<Turn> next() {
        var now = nanoTime.getAsLong();
        entries.values().stream()
                .filter(entry -> entry.place == Place.RESTING || entry.place == Place.WAITING)
                .filter(entry -> entry.dueNanos - now <= 0)
                .forEach(entry -> entry.place = Place.READY);
        var next = entries.values().stream()
                .filter(entry -> entry.place == Place.READY)
                .min(ORDER);
        next.ifPresent(Entry::begin);
        return next.map(entry -> new Turn(entry.pod, entry.attempts));
    }

    /** The pod fits nowhere. */
    void refused(String uid) {
        locked(() -> {
            var entry = entries.get(uid);
            if (entry == null) {
                return;
            }
            entry.place = entry.woken ? Place.READY : Place.WAITING;
            entry.dueNanos = nanoTime.getAsLong() + longestWait.toNanos();
            entry.errors = 0;
        });
    }

    /** The pod's cycle or binding failed. */
    void errored(String uid) {
        locked(() -> {
            var entry = entries.get(uid);
            if (entry == null) {
                return;
            }
            entry.errors++;
            var wait = errorBackOff.multipliedBy(1L << Math.min(entry.errors - 1, 20));
            var bounded = wait.compareTo(errorBackOffMax) < 0 ? wait : errorBackOffMax;
            entry.dueNanos = nanoTime.getAsLong() + bounded.toNanos();
            entry.place = Place.RESTING;
        });
    }

    void close() {
        locked(() -> closed = true);
    }

    private long nanosToNextDue() {
        var now = nanoTime.getAsLong();
        return entries.values().stream()
                .filter(entry -> entry.place == Place.RESTING || entry.place == Place.WAITING)
                .mapToLong(entry -> entry.dueNanos - now)
                .min()
                .orElse(longestWait.toNanos());
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
