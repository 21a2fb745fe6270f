package io.migpool.extender.observe;

import java.time.Instant;

/** Destination of Events. */
@FunctionalInterface
public interface EventSink {

    /** Writes one Event; a failure is the sink's to handle. */
    void write(Notice notice) throws InterruptedException;

    /**
     * The object that an Event is about.
     *
     * @param kind {@code Pod} or {@code ConfigMap}; both are of core/v1
     * @param uid the object's UID; empty if not known
     */
    record Subject(String kind, String namespace, String name, String uid) {}

    /**
     * One Event to write.
     *
     * @param warning whether it is a warning
     * @param reason one word
     * @param action what was being done, one word
     * @param note a sentence, shortened by {@link io.migpool.contracts.wire.EventNote}
     * @param at when it happened
     */
    record Notice(Subject subject, boolean warning, String reason, String action, String note, Instant at) {}
}
