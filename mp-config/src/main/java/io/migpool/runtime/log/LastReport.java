package io.migpool.runtime.log;

import java.util.concurrent.atomic.AtomicReference;

/** What was reported last, so that something that stays as it is gets reported once. Thread-safe. */
public final class LastReport {

    private final AtomicReference<String> last = new AtomicReference<>("");

    /** Takes a text as the last one from now on; returns whether it differs from that before. */
    public boolean changesTo(String text) {
        return !text.equals(last.getAndSet(text));
    }

    /** Forgets the last one: what was reported is over, and would be news again. */
    public void clear() {
        last.set("");
    }
}
