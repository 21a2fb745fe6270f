package io.migpool.extender;

import io.migpool.config.LiveSettings;
import io.migpool.config.Subscription;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Passes settings on, one version after the other, starting with the first that their source has confirmed. */
final class KnownSettings<T> implements AutoCloseable {

    /** Guards all fields below, and ensures that versions are passed on one after the other. */
    private final ReentrantLock lock = new ReentrantLock();

    private final LiveSettings<T> settings;
    private final Consumer<T> taker;
    private @Nullable T last;
    private boolean closed;
    private final Subscription changes;
    private final Subscription statuses;

    private KnownSettings(LiveSettings<T> settings, Consumer<T> taker) {
        this.settings = settings;
        this.taker = taker;
        this.changes = settings.onChange(changed -> look());
        this.statuses = settings.onStatus(status -> look());
    }

    /**
     * Starts following.
     *
     * @param taker called with every version, the first time perhaps before this returns; it must not block
     */
    static <T> KnownSettings<T> follow(LiveSettings<T> settings, Consumer<T> taker) {
        KnownSettings<T> follower = new KnownSettings<>(settings, taker);
        follower.look();
        return follower;
    }

    private void look() {
        lock.lock();
        try {
            if (closed || !settings.isKnown()) {
                return;
            }
            T current = settings.current();
            if (!current.equals(last)) {
                last = current;
                taker.accept(current);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stops following; no version is passed on after this has returned. */
    @Override
    public void close() {
        changes.close();
        statuses.close();
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }
}
