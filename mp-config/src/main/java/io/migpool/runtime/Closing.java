package io.migpool.runtime;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Closes started parts once, in reverse order. A part that fails to close is logged and does not keep the others open;
 * one that is started after the rest was closed is closed at once.
 */
public final class Closing implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Closing.class.getName());

    /** Guards the fields below: a process may be stopped while it starts. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private boolean closed;

    /** Starts a part, which is closed even if its start fails halfway. */
    public void start(AutoCloseable part, Runnable start) {
        try {
            start.run();
        } finally {
            add(part);
        }
    }

    /** Adds a part that needs no start or is already started, and returns it. */
    public <T extends AutoCloseable> T add(T part) {
        if (!isKept(part)) {
            close(part);
        }
        return part;
    }

    private boolean isKept(AutoCloseable part) {
        lock.lock();
        try {
            if (!closed) {
                open.push(part);
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Deque<AutoCloseable> ending;
        lock.lock();
        try {
            closed = true;
            ending = new ArrayDeque<>(open);
            open.clear();
        } finally {
            lock.unlock();
        }
        ending.forEach(Closing::close);
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.log(Level.WARNING, part + " did not close cleanly", e);
        }
    }
}
