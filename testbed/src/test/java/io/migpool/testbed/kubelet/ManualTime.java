package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Stands still until a test puts it forward; alarms then ring in their order, on the test's thread. */
final class ManualTime implements NodeTime {

    private record Alarm(Instant due, Runnable action) {}

    // Guards the fields below; no alarm rings under it.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Alarm> alarms = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Override
    public Instant instant() {
        lock.lock();
        try {
            return now;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void after(Duration wait, Runnable alarm) {
        lock.lock();
        try {
            alarms.add(new Alarm(now.plus(wait), alarm));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how long it is until each alarm, shortest first. */
    List<Duration> waits() {
        lock.lock();
        try {
            return alarms.stream()
                    .map(alarm -> Duration.between(now, alarm.due()))
                    .sorted()
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    void forward(Duration by) {
        var until = instant().plus(by);
        while (true) {
            Alarm next;
            lock.lock();
            try {
                var due = alarms.stream()
                        .filter(alarm -> !alarm.due().isAfter(until))
                        .min((one, other) -> one.due().compareTo(other.due()));
                if (due.isEmpty()) {
                    now = until;
                    return;
                }
                next = due.get();
                alarms.remove(next);
                now = next.due();
            } finally {
                lock.unlock();
            }
            next.action().run();
        }
    }

    /** Waits until the node waits for exactly that long, and lets the time pass. */
    void pass(Duration wait) {
        var _ = pass(wait, wait);
    }

    /**
     * Waits until the node waits for a time between the two, and lets it pass.
     *
     * @return that time
     * @throws AssertionError if nothing waits for such a time within a minute
     */
    Duration pass(Duration least, Duration most) {
        Duration wait;
        lock.lock();
        try {
            var patience = TimeUnit.MINUTES.toNanos(1);
            while (waitsWithin(least, most).isEmpty()) {
                patience = changed.awaitNanos(patience);
                if (patience <= 0) {
                    throw new AssertionError("nothing waits for %s to %s, but for %s".formatted(least, most, waits()));
                }
            }
            wait = waitsWithin(least, most).getFirst();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        } finally {
            lock.unlock();
        }
        forward(wait);
        return wait;
    }

    private List<Duration> waitsWithin(Duration least, Duration most) {
        return waits().stream()
                .filter(wait -> wait.compareTo(least) >= 0 && wait.compareTo(most) <= 0)
                .toList();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            alarms.clear();
        } finally {
            lock.unlock();
        }
    }
}
