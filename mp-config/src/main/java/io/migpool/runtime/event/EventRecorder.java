package io.migpool.runtime.event;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes Events. A notice that repeats another is written at most once a minute. One thread writes; what does not fit
 * into its queue is logged instead, because nobody may wait for Events.
 */
public final class EventRecorder implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(EventRecorder.class.getName());
    private static final Duration REPEAT_AFTER = Duration.ofMinutes(1);
    private static final Duration END_WITHIN = Duration.ofSeconds(2);
    private static final int MOST_WAITING = 1024;
    private static final int MOST_REMEMBERED = 8192;

    private record Topic(EventSubject subject, String reason, String topic) {}

    private record Waiting(EventNotice notice, Instant at) {}

    private final EventSink sink;
    private final InstantSource wall;
    private final InstantSource steady;
    private final BlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final LongAdder dropped = new LongAdder();

    /** Guards {@link #posted}. */
    private final ReentrantLock lock = new ReentrantLock();

    /** When each topic was last posted, the longest ago first. */
    private final SequencedMap<Topic, Instant> posted = new LinkedHashMap<>();

    private final Thread writer;

    /**
     * Starts a recorder that writes to the API server.
     *
     * @param client stays open; close it after the recorder
     * @param controller the application that reports, as {@code migpool.io/NAME}
     * @param instance name of this process among those of the application
     * @param wall for the Events' time
     * @param steady measures how long ago a notice was posted
     */
    public static EventRecorder start(
            KubernetesClient client, String controller, String instance, InstantSource wall, InstantSource steady) {
        return new EventRecorder(new ApiServerEvents(client, controller, instance), wall, steady);
    }

    /** As {@link #start}, with another destination. */
    public EventRecorder(EventSink sink, InstantSource wall, InstantSource steady) {
        this.sink = sink;
        this.wall = wall;
        this.steady = steady;
        this.writer = Thread.ofVirtual().name("migpool-events").start(this::write);
    }

    /**
     * Posts a notice, unless it repeats one that was posted less than a minute ago. Does not block.
     *
     * @return whether it was new, even if it had to be dropped
     */
    public boolean post(EventNotice notice) {
        Topic topic = new Topic(notice.subject(), notice.reason(), notice.topic());
        if (!isNew(topic, steady.instant())) {
            return false;
        }
        if (!waiting.offer(new Waiting(notice, wall.instant()))) {
            forget(topic);
            dropped.increment();
            LOG.log(
                    Level.WARNING,
                    "too many Events are waiting; dropped one for {0}: {1}",
                    notice.subject(),
                    notice.note());
        }
        return true;
    }

    private boolean isNew(Topic topic, Instant now) {
        lock.lock();
        try {
            Iterator<Instant> eldest = posted.values().iterator();
            while (eldest.hasNext() && !now.isBefore(eldest.next().plus(REPEAT_AFTER))) {
                eldest.remove();
            }
            boolean isNew = posted.putIfAbsent(topic, now) == null;
            if (posted.size() > MOST_REMEMBERED) {
                posted.pollFirstEntry();
            }
            return isNew;
        } finally {
            lock.unlock();
        }
    }

    private void forget(Topic topic) {
        lock.lock();
        try {
            posted.remove(topic);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of notices waiting to be written. */
    public int waiting() {
        return waiting.size();
    }

    /** Returns the number of notices dropped since the start. */
    public long dropped() {
        return dropped.sum();
    }

    private void write() {
        try {
            while (true) {
                write(waiting.take());
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "the event writer has stopped");
        }
    }

    /** One notice that fails must not hold up all others. */
    private void write(Waiting next) throws InterruptedException {
        try {
            sink.write(next.notice(), next.at());
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "cannot write an Event for " + next.notice().subject(), e);
        }
    }

    /** Drops the notices that have not been written yet. */
    @Override
    public void close() {
        writer.interrupt();
        try {
            if (!writer.join(END_WITHIN)) {
                LOG.log(Level.WARNING, "an Event was still being written after {0}", END_WITHIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
