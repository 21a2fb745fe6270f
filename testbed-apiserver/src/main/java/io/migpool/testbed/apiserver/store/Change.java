package io.migpool.testbed.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import org.jspecify.annotations.Nullable;

/** One committed write. */
public final class Change {
    private final long revision;
    private final @Nullable ObjectNode before;
    private final ObjectNode after;
    private final boolean deleted;

    @SuppressWarnings("VolatileArray") // only the reference changes, once
    private volatile byte @Nullable [] json;

    /**
     * @param before the object before, null for a creation
     * @param after the object after; for a deletion, its last state with the deletion's revision
     * @param deleted whether the object is gone
     */
    Change(long revision, @Nullable ObjectNode before, ObjectNode after, boolean deleted) {
        this.revision = revision;
        this.before = before;
        this.after = after;
        this.deleted = deleted;
    }

    long revision() {
        return revision;
    }

    /** Returns the object before, null for a creation. */
    public @Nullable ObjectNode before() {
        return before;
    }

    /** Returns the object after; for a deletion, its last state with the deletion's revision. */
    public ObjectNode after() {
        return after;
    }

    /** Returns whether the object is gone. */
    public boolean deleted() {
        return deleted;
    }

    /** Returns {@link #after()} as text, which all watchers share; must not be modified. */
    public byte[] json() {
        // Two watchers that find none both write the same text.
        byte[] written = json;
        if (written == null) {
            written = Json.bytes(after);
            json = written;
        }
        return written;
    }
}
