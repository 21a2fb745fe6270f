package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The pods that wait for a node. Ready ones leave by priority, then by arrival; one whose cycle ended with an error rests for a
 * back-off that doubles; a refused one waits for a cluster event or the longest wait. An event that falls into a pod's own cycle
 * is not lost on it. Holds each pod once, so it is bounded by the pods of the cluster.
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
        private boolean refusedBefore;
        private long eventsAtStart;

        private Entry(PodInfo pod, long arrival) {
            this.pod = pod;
            this.arrival = arrival;
        }
    }

    /**
     * A pod whose turn it is.
     *
     * @param pod the pod
     * @param attempt number of this cycle, from 1
     */
    record Turn(PodInfo pod, int attempt) {}

    private static final Comparator<Entry> ORDER =
            Comparator.<Entry>comparingInt(entry -> -entry.pod.priority()).thenComparingLong(entry -> entry.arrival);

    private final Duration errorBackOff;
    private final Duration errorBackOffMax;
    private final Duration longestWait;

    // Guards everything below.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Entry> entries = new HashMap<>();
    private long arrivals;
    private long events;
    private boolean closed;

    SchedulingQueue(Duration errorBackOff, Duration errorBackOffMax, Duration longestWait) {
        this.errorBackOff = errorBackOff;
        this.errorBackOffMax = errorBackOffMax;
        this.longestWait = longestWait;
    }

    /** Adds the pod or takes its newer form; a change of what the user wrote ends its waiting. */
    void put(Pod pod) {
        locked(() -> {
            var uid = pod.getMetadata().getUid();
            var entry = entries.get(uid);
            if (entry == null) {
                entries.put(uid, new Entry(PodInfo.of(pod), arrivals++));
                return;
            }
            var changedByUser = differs(entry.pod.pod(), pod);
            entry.pod = PodInfo.of(pod);
            if (changedByUser && entry.place == Place.WAITING) {
                entry.place = Place.READY;
            }
        });
    }

    void remove(String uid) {
        locked(() -> entries.remove(uid));
    }

    /** Something happened that may let refused pods fit. */
    void clusterEvent() {
        locked(() -> {
            events++;
            entries.values().stream()
                    .filter(entry -> entry.place == Place.WAITING)
                    .forEach(entry -> entry.place = Place.READY);
        });
    }

    /** Waits for the next pod; empty once the queue is closed. */
    Optional<Turn> take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                var now = System.nanoTime();
                entries.values().stream()
                        .filter(entry -> entry.place == Place.RESTING || entry.place == Place.WAITING)
                        .filter(entry -> entry.dueNanos - now <= 0)
                        .forEach(entry -> entry.place = Place.READY);
                var next = entries.values().stream()
                        .filter(entry -> entry.place == Place.READY)
                        .min(ORDER);
                if (next.isPresent()) {
                    var entry = next.get();
                    entry.place = Place.IN_CYCLE;
                    entry.attempts++;
                    entry.eventsAtStart = events;
                    return Optional.of(new Turn(entry.pod, entry.attempts));
                }
                var _ = changed.awaitNanos(nanosToNextDue(now));
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The pod fits nowhere. The first refusal is followed by a second look, since the written condition is an event too. */
    void refused(String uid) {
        locked(() -> {
            var entry = entries.get(uid);
            if (entry == null) {
                return;
            }
            var missedAnEvent = entry.eventsAtStart != events;
            entry.place = missedAnEvent || !entry.refusedBefore ? Place.READY : Place.WAITING;
            entry.dueNanos = System.nanoTime() + longestWait.toNanos();
            entry.refusedBefore = true;
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
            entry.dueNanos = System.nanoTime() + bounded.toNanos();
            entry.place = Place.RESTING;
        });
    }

    void close() {
        locked(() -> closed = true);
    }

    private long nanosToNextDue(long now) {
        return entries.values().stream()
                .filter(entry -> entry.place == Place.RESTING || entry.place == Place.WAITING)
                .mapToLong(entry -> entry.dueNanos - now)
                .min()
                .orElse(longestWait.toNanos());
    }

    private static boolean differs(Pod older, Pod newer) {
        return !Objects.equals(older.getSpec(), newer.getSpec())
                || !Objects.equals(
                        older.getMetadata().getLabels(), newer.getMetadata().getLabels())
                || !Objects.equals(
                        older.getMetadata().getAnnotations(),
                        newer.getMetadata().getAnnotations());
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
