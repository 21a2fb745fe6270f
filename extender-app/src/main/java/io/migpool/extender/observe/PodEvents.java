package io.migpool.extender.observe;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.reservation.SchedulingObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells people on the pod where it went, or why it waits. The same words are told once a minute. One thread writes to the
 * API server; what does not fit its queue is dropped, because scheduling must not wait for news about it.
 */
public final class PodEvents implements SchedulingObserver, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PodEvents.class.getName());
    private static final Duration SAME_WORDS_AFTER = Duration.ofMinutes(1);
    private static final Duration END_WITHIN = Duration.ofSeconds(2);
    private static final int MOST_WAITING = 1024;
    private static final int MOST_REMEMBERED = 8192;
    private static final int MOST_CHARACTERS = 1024;

    /**
     * One piece of news.
     *
     * @param warning whether it is a warning
     * @param reason one word
     * @param action what was being done, one word
     * @param note a sentence of at most 1024 characters
     * @param at when
     * @param reporter this replica
     */
    public record PodEvent(
            PodKey pod, boolean warning, String reason, String action, String note, Instant at, String reporter) {}

    private record Told(String words, Instant at) {}

    private final EventSink sink;
    private final String reporter;
    private final InstantSource clock;
    private final BlockingQueue<PodEvent> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    /** Guards {@link #told}. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Told> told = new LinkedHashMap<>();
    private final Thread writer;

    public PodEvents(EventSink sink, String reporter, InstantSource clock) {
        this.sink = sink;
        this.reporter = reporter;
        this.clock = clock;
        this.writer = Thread.ofVirtual().name("migpool-pod-events").start(this::write);
    }

    @Override
    public void bound(PodKey pod, Plan plan) {
        tell(pod, false, "BindingSucceed", "Binding", "bound to %s: %s".formatted(plan.node(), plan.text()));
    }

    @Override
    public void refused(PodKey pod, String text) {
        tell(pod, true, "FilteringFailed", "Filtering", text);
    }

    @Override
    public void bindFailed(PodKey pod, String node, String text) {
        tell(pod, true, "BindingFailed", "Binding", "not bound to %s: %s".formatted(node, text));
    }

    private void tell(PodKey pod, boolean warning, String reason, String action, String words) {
        Instant now = clock.instant();
        if (pod.name().isEmpty() || !isNews(pod.uid(), words, now)) {
            return;
        }
        String note = words.length() <= MOST_CHARACTERS ? words : words.substring(0, MOST_CHARACTERS - 1) + "…";
        if (!waiting.offer(new PodEvent(pod, warning, reason, action, note, now, reporter))) {
            LOG.log(Level.DEBUG, "too many events wait; dropped for {0}: {1}", pod, note);
        }
    }

    private boolean isNews(String uid, String words, Instant now) {
        lock.lock();
        try {
            Told last = told.remove(uid);
            boolean repeated =
                    last != null && last.words().equals(words) && now.isBefore(last.at().plus(SAME_WORDS_AFTER));
            told.put(uid, repeated ? last : new Told(words, now));
            if (told.size() > MOST_REMEMBERED) {
                told.remove(told.keySet().iterator().next());
            }
            return !repeated;
        } finally {
            lock.unlock();
        }
    }

    private void write() {
        try {
            while (true) {
                sink.write(waiting.take());
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "the writer of events ends");
        }
    }

    /** Drops what has not been written. */
    @Override
    public void close() {
        writer.interrupt();
        try {
            if (!writer.join(END_WITHIN)) {
                LOG.log(Level.WARNING, "an event was still being written after {0}", END_WITHIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
