package io.migpool.config;

/** Ends a listener's interest. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {

    /** The listener is called no more once this returns, except by a call already under way. May be repeated. */
    @Override
    void close();
}
