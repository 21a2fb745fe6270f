package io.migpool.runtime.event;

import java.time.Instant;

/** Destination of Events. */
@FunctionalInterface
public interface EventSink {

    /**
     * Writes one Event; a failure is the sink's to handle.
     *
     * @param at when it happened
     */
    void write(EventNotice notice, Instant at) throws InterruptedException;
}
