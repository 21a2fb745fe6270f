package io.migpool.config;

/** A listener's subscription. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {

    /**
     * Ends the subscription: no call of the listener begins after this returns. A call in progress may still be
     * running. Idempotent.
     */
    @Override
    void close();
}
