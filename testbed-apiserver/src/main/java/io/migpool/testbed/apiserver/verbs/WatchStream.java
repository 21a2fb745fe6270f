package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.selectors.Selector;
import io.migpool.testbed.apiserver.store.Change;
import io.migpool.testbed.apiserver.store.Listing;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One watch: reads the store's history from a revision on and writes the changes that concern the watcher.
 *
 * <p>There is no queue per watcher. Each reads from the bounded history at its own pace, and one that falls behind the
 * history gets {@code 410 Expired}, as does one that resumes from too old a revision.
 */
public final class WatchStream {
    private static final Duration BOOKMARK_INTERVAL = Duration.ofSeconds(5);
    private static final byte[] TAIL = "}\n".getBytes(StandardCharsets.UTF_8);

    private final ObjectStore store;
    private final Subject subject;
    private final long epoch;
    private final long endNanos;
    private final boolean bookmarks;
    private final @Nullable Listing initial;
    private final long from;

    /**
     * What is watched.
     *
     * @param stored kind as it is stored
     * @param selector selects objects, including by namespace
     * @param view converts a stored object to what the watcher sees
     */
    record Subject(ResourceKind stored, Selector selector, UnaryOperator<ObjectNode> view) {}

    private WatchStream(
            ObjectStore store,
            Subject subject,
            long from,
            @Nullable Listing initial,
            boolean bookmarks,
            Duration timeout) {
        this.store = store;
        this.subject = subject;
        this.from = from;
        this.initial = initial;
        this.bookmarks = bookmarks;
        this.epoch = store.watchEpoch();
        this.endNanos = System.nanoTime() + timeout.toNanos();
    }

    /** Returns a watch that sends existing objects as ADDED, then changes. */
    static WatchStream fromNow(
            ObjectStore store, Subject subject, String namespace, boolean bookmarks, Duration timeout) {
        Listing listing = store.list(subject.stored(), namespace);
        return new WatchStream(store, subject, listing.revision(), listing, bookmarks, timeout);
    }

    /** Returns a watch of the changes after a revision. */
    static WatchStream resume(ObjectStore store, Subject subject, long from, boolean bookmarks, Duration timeout) {
        return new WatchStream(store, subject, from, null, bookmarks, timeout);
    }

    /** Writes until the time is up, the watcher disconnects, or the server ends the watch. */
    public void writeTo(OutputStream out) throws IOException, InterruptedException {
        // The HTTP server sends the headers with the first byte, and a client may wait for them: a blank before the
        // first JSON value is harmless.
        out.write(' ');
        out.flush();
        if (initial != null) {
            for (ObjectNode object : initial.items()) {
                if (subject.selector().matches(object)) {
                    event(out, "ADDED", subject.view().apply(object));
                }
            }
            out.flush();
        }
        long reached = from;
        long bookmarked = from;
        while (true) {
            long left = endNanos - System.nanoTime();
            if (left <= 0) {
                return;
            }
            Duration patience = Duration.ofNanos(Math.min(left, BOOKMARK_INTERVAL.toNanos()));
            switch (store.await(subject.stored(), reached, epoch, patience)) {
                case ObjectStore.News.Closed closed -> {
                    return;
                }
                case ObjectStore.News.Forgotten forgotten -> {
                    event(out, "ERROR", tooOld(reached).toStatus());
                    out.flush();
                    return;
                }
                case ObjectStore.News.Changes news -> {
                    boolean written = false;
                    for (Change change : news.changes()) {
                        written |= change(out, change);
                    }
                    reached = news.upTo();
                    if (bookmarks && news.changes().isEmpty() && reached > bookmarked) {
                        bookmark(out, reached);
                        bookmarked = reached;
                        written = true;
                    }
                    if (written) {
                        out.flush();
                    }
                }
            }
        }
    }

    static ApiException tooOld(long revision) {
        return ApiException.expired("too old resource version: " + revision);
    }

    /**
     * Writes a change. For the watcher, an object that leaves the selection is deleted, and one that enters it is new.
     */
    private boolean change(OutputStream out, Change change) throws IOException {
        ObjectNode before = change.before();
        boolean is = !change.deleted() && subject.selector().matches(change.after());
        if (before == null || !subject.selector().matches(before)) {
            if (is) {
                event(out, "ADDED", shown(change));
            }
            return is;
        }
        if (is) {
            event(out, "MODIFIED", shown(change));
        } else if (change.deleted()) {
            event(out, "DELETED", shown(change));
        } else {
            event(out, "DELETED", subject.view().apply(lastSeen(before, change.after())));
        }
        return true;
    }

    /** Returns the object after the change as the watcher sees it: most see it as it is stored, which is written once for all. */
    @SuppressWarnings("ReferenceEquality") // comparing the trees would cost more than it saves
    private byte[] shown(Change change) {
        ObjectNode seen = subject.view().apply(change.after());
        return seen == change.after() ? change.json() : Json.bytes(seen);
    }

    private static ObjectNode lastSeen(ObjectNode before, ObjectNode after) {
        ObjectNode last = before.deepCopy();
        ObjectMeta.of(last).put("resourceVersion", ObjectMeta.resourceVersion(after));
        return last;
    }

    private void bookmark(OutputStream out, long revision) throws IOException {
        ObjectNode mark = Json.object()
                .put("kind", subject.stored().kind())
                .put("apiVersion", subject.stored().apiVersion());
        mark.putObject("metadata")
                .put("resourceVersion", Long.toString(revision))
                .putNull("creationTimestamp");
        event(out, "BOOKMARK", subject.view().apply(mark));
    }

    private static void event(OutputStream out, String type, ObjectNode object) throws IOException {
        event(out, type, Json.bytes(object));
    }

    /** Writes an event at once: each write of the stream is a chunk, a system call and a wake-up of the client. */
    private static void event(OutputStream out, String type, byte[] object) throws IOException {
        byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.UTF_8);
        ByteBuffer event = ByteBuffer.allocate(head.length + object.length + TAIL.length);
        out.write(event.put(head).put(object).put(TAIL).array());
    }
}
