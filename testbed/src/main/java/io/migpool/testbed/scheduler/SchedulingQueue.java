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
 * The pods that wait for a node. Ready ones leave by priority, then by the time since which they wait: since they came, or since
 * their last cycle. One whose cycle ended with an error rests for a back-off that doubles; a refused one waits for a cluster
 * event, for any change of its own, its status included, or for the longest wait, and then yields to ready pods for a back-off
 * that doubles with its refusals. What falls into a pod's own cycle is not lost on it. Holds each pod once, so it is bounded by the pods of the
 * cluster.
 */
final class SchedulingQueue {

    private enum Place {
        READY,
        RESTING,
        WAITING,
        YIELDING,
        IN_CYCLE
    }

    private static final class Entry {
        private PodInfo pod;
        private Place place = Place.READY;
        private long order;
        private long backOffEndNanos;
        private long waitEndNanos;
        private int attempts;
        private int errors;
        private int refusals;
        /** Whether something that could let the pod fit came during its cycle. */
        private boolean woken;

        private Entry(PodInfo pod, long order) {
            this.pod = pod;
            this.order = order;
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
                case WAITING -> place = Place.YIELDING;
                case IN_CYCLE -> woken = true;
                case READY, RESTING, YIELDING -> {}
            }
        }

        private void letPass(long now) {
            boolean isOver =
                    switch (place) {
                        case RESTING, YIELDING -> backOffEndNanos - now <= 0;
                        case WAITING -> waitEndNanos - now <= 0;
                        case READY, IN_CYCLE -> false;
                    };
            if (isOver) {
                place = Place.READY;
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
            Comparator.<Entry>comparingInt(entry -> -entry.pod.priority()).thenComparingLong(entry -> entry.order);

    private final Duration backOff;
    private final Duration backOffMax;
    private final Duration longestWait;
    private final LongSupplier nanoTime;

    // Guards everything below.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Entry> entries = new HashMap<>();
    private long lastOrder;
    private boolean closed;

    SchedulingQueue(Duration backOff, Duration backOffMax, Duration longestWait, LongSupplier nanoTime) {
        this.backOff = backOff;
        this.backOffMax = backOffMax;
        this.longestWait = longestWait;
        this.nanoTime = nanoTime;
    }

    /** Adds the pod or takes its newer form; any change ends its waiting, even that of the condition that refusing it wrote. */
    void put(Pod pod) {
        locked(() -> {
            var uid = pod.getMetadata().getUid();
            var entry = entries.get(uid);
            if (entry == null) {
                entries.put(uid, new Entry(PodInfo.of(pod), ++lastOrder));
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
        entries.values().forEach(entry -> entry.letPass(now));
        var next = first(Place.READY).or(() -> first(Place.YIELDING));
        next.ifPresent(Entry::begin);
        return next.map(entry -> new Turn(entry.pod, entry.attempts));
    }

    private Optional<Entry> first(Place place) {
        return entries.values().stream().filter(entry -> entry.place == place).min(ORDER);
    }

    /** The pod fits nowhere. */
    void refused(String uid) {
        locked(() -> {
            var entry = entries.get(uid);
            if (entry == null) {
                return;
            }
            entry.refusals++;
            entry.errors = 0;
            backOff(entry, entry.refusals);
            entry.waitEndNanos = nanoTime.getAsLong() + longestWait.toNanos();
            entry.place = entry.woken ? Place.YIELDING : Place.WAITING;
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
            backOff(entry, entry.errors);
            entry.place = Place.RESTING;
        });
    }

    private void backOff(Entry entry, int times) {
        var wait = backOff.multipliedBy(1L << Math.min(times - 1, 20));
        var bounded = wait.compareTo(backOffMax) < 0 ? wait : backOffMax;
        entry.backOffEndNanos = nanoTime.getAsLong() + bounded.toNanos();
        entry.order = ++lastOrder;
    }

    void close() {
        locked(() -> closed = true);
    }

    private long nanosToNextDue() {
        var now = nanoTime.getAsLong();
        return entries.values().stream()
                .filter(entry -> entry.place == Place.RESTING || entry.place == Place.WAITING)
                .mapToLong(entry -> (entry.place == Place.RESTING ? entry.backOffEndNanos : entry.waitEndNanos) - now)
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
