package io.migpool.extender.observe;

import java.time.Instant;

/** Where Events go. */
@FunctionalInterface
public interface EventSink {

    /** Writes one Event; a failure is the sink's to handle. */
    void write(Notice notice) throws InterruptedException;

    /**
     * What an Event is about.
     *
     * @param kind {@code Pod} or {@code ConfigMap}; both are of core/v1
     * @param uid which life of the object; empty if not known
     */
    record Subject(String kind, String namespace, String name, String uid) {}

    /**
     * One piece of news.
     *
     * @param warning whether it is a warning
     * @param reason one word
     * @param action what was being done, one word
     * @param note a sentence, as {@link io.migpool.contracts.wire.EventNote} cuts it
     * @param at when
     */
    record Notice(Subject subject, boolean warning, String reason, String action, String note, Instant at) {}
}
