package io.migpool.deviceplugin.nvml;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A set of events that several threads use. The last one to leave frees it, because a call that does not return still
 * refers to it.
 */
final class SharedEventSet {

    private final EventCalls calls;
    private final Handle.EventSet handle;
    /** Whoever created it is the first. */
    private final AtomicInteger users = new AtomicInteger(1);

    SharedEventSet(EventCalls calls, Handle.EventSet handle) {
        this.calls = calls;
        this.handle = handle;
    }

    /** Returns what the library knows it by; only for those who have entered. */
    Handle.EventSet handle() {
        return handle;
    }

    /** Begins to use it; returns false if it was freed. */
    boolean enter() {
        return users.updateAndGet(now -> now == 0 ? 0 : now + 1) > 0;
    }

    /** Ends what {@link #enter} or the creation began; the last one frees it. */
    void leave() throws NvmlException {
        if (users.decrementAndGet() == 0) {
            calls.free(handle);
        }
    }
}
