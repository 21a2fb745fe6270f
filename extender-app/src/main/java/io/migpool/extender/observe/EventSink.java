package io.migpool.extender.observe;

/** Where Events go. */
@FunctionalInterface
public interface EventSink {

    /** Writes one Event; a failure is the sink's to handle. */
    void write(PodEvents.PodEvent event) throws InterruptedException;
}
