package io.migpool.extender.observe;

import io.migpool.contracts.wire.EventNote;
import io.migpool.extender.observe.EventSink.Notice;
import io.migpool.extender.observe.EventSink.Subject;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Passes notices on to the sink. The same notice about the same object, for the same reason, is passed on once a minute.
 * One thread writes; what does not fit into its queue is dropped, because scheduling must not wait for Events.
 */
public final class NoticeBoard implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(NoticeBoard.class.getName());
    private static final Duration SAME_NEWS_AFTER = Duration.ofMinutes(1);
    private static final Duration END_WITHIN = Duration.ofSeconds(2);
    private static final int MOST_WAITING = 1024;
    private static final int MOST_REMEMBERED = 8192;

    private record Topic(Subject subject, String reason, String kind) {}

    private record Told(String news, Instant at) {}

    private final EventSink sink;
    private final InstantSource clock;
    private final BlockingQueue<Notice> waiting = new LinkedBlockingQueue<>(MOST_WAITING);

    private final LongAdder dropped = new LongAdder();

    /** Guards {@link #told}. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Topic, Told> told = new LinkedHashMap<>();
    private final Thread writer;

    public NoticeBoard(EventSink sink, InstantSource clock) {
        this.sink = sink;
        this.clock = clock;
        this.writer = Thread.ofVirtual().name("migpool-events").start(this::write);
    }

    /**
     * Posts a notice unless the same words were posted less than a minute ago. Does not block.
     *
     * @param words a sentence; cut to what Kubernetes allows
     * @return whether it was new, even if it had to be dropped
     */
    boolean tell(Subject subject, boolean warning, String reason, String action, String words) {
        return tell(new Topic(subject, reason, ""), warning, action, words, words);
    }

    /**
     * Posts a notice at most once a minute, whatever its words: they hold numbers that change while the problem stays the same.
     * Does not block.
     *
     * @param kind of problem; notices of different kinds are limited separately
     * @param words a sentence; cut to what Kubernetes allows
     * @return whether it was new, even if it had to be dropped
     */
    boolean tellOnceAMinute(Subject subject, boolean warning, String reason, String action, String kind, String words) {
        return tell(new Topic(subject, reason, kind), warning, action, words, "");
    }

    private boolean tell(Topic topic, boolean warning, String action, String words, String news) {
        Instant now = clock.instant();
        if (!isNews(topic, news, now)) {
            return false;
        }
        String note = EventNote.of(words);
        if (!waiting.offer(new Notice(topic.subject(), warning, topic.reason(), action, note, now))) {
            forget(topic);
            dropped.increment();
            LOG.log(Level.DEBUG, "too many Events are waiting; dropped one for {0}: {1}", topic.subject(), note);
        }
        return true;
    }

    private boolean isNews(Topic topic, String news, Instant now) {
        lock.lock();
        try {
            Told last = told.remove(topic);
            boolean repeated = last != null
                    && last.news().equals(news)
                    && now.isBefore(last.at().plus(SAME_NEWS_AFTER));
            told.put(topic, repeated ? last : new Told(news, now));
            if (told.size() > MOST_REMEMBERED) {
                told.remove(told.keySet().iterator().next());
            }
            return !repeated;
        } finally {
            lock.unlock();
        }
    }

    private void forget(Topic topic) {
        lock.lock();
        try {
            told.remove(topic);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of notices waiting to be written. */
    int waiting() {
        return waiting.size();
    }

    /** Returns the number of notices dropped since the start. */
    long dropped() {
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
    private void write(Notice notice) throws InterruptedException {
        try {
            sink.write(notice);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "cannot write an Event for " + notice.subject(), e);
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
