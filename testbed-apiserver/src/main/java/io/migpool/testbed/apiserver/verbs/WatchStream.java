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
    private static final String END_OF_OBJECTS = "k8s.io/initial-events-end";
    private static final byte[] TAIL = "}\n".getBytes(StandardCharsets.UTF_8);

    private final ObjectStore store;
    private final Subject subject;
    private final ListOptions options;
    private final @Nullable Listing initial;
    private final long from;
    private final long epoch;
    private final long endNanos;

    /**
     * What is watched.
     *
     * @param stored kind as it is stored
     * @param selector selects objects, including by namespace
     * @param view converts a stored object to what the watcher sees
     */
    record Subject(ResourceKind stored, Selector selector, UnaryOperator<ObjectNode> view) {}

    private WatchStream(ObjectStore store, Subject subject, ListOptions options, @Nullable Listing initial, long from) {
        this.store = store;
        this.subject = subject;
        this.options = options;
        this.initial = initial;
        this.from = from;
        this.epoch = store.watchEpoch();
        this.endNanos = System.nanoTime() + options.timeout().toNanos();
    }

    /**
     * Returns a watch that sends existing objects as ADDED and then changes, or only the changes after a revision, as the
     * options say.
     */
    static WatchStream of(ObjectStore store, Subject subject, String namespace, ListOptions options) {
        if (options.beginsWithObjects()) {
            Listing listing = store.list(subject.stored(), namespace);
            options.requireReached(listing.revision());
            return new WatchStream(store, subject, options, listing, listing.revision());
        }
        long from = options.version() == 0 ? store.revision() : options.version();
        return new WatchStream(store, subject, options, null, from);
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
            if (options.marksEndOfObjects()) {
                ObjectNode mark = mark(from);
                ObjectMeta.of(mark).putObject("annotations").put(END_OF_OBJECTS, "true");
                event(out, "BOOKMARK", subject.view().apply(mark));
            }
            out.flush();
        }
        if (initial == null && store.isCompacted(from + 1)) {
            expire(out, from);
            return;
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
                    expire(out, reached);
                    return;
                }
                case ObjectStore.News.Changes news -> {
                    boolean written = false;
                    for (Change change : news.changes()) {
                        written |= change(out, change);
                    }
                    reached = news.upTo();
                    if (options.bookmarks() && news.changes().isEmpty() && reached > bookmarked) {
                        event(out, "BOOKMARK", subject.view().apply(mark(reached)));
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

    private static void expire(OutputStream out, long revision) throws IOException {
        event(
                out,
                "ERROR",
                ApiException.expired("too old resource version: " + revision).toStatus());
        out.flush();
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

    private ObjectNode mark(long revision) {
        ObjectNode mark = Json.object()
                .put("kind", subject.stored().kind())
                .put("apiVersion", subject.stored().apiVersion());
        mark.putObject("metadata")
                .put("resourceVersion", Long.toString(revision))
                .putNull("creationTimestamp");
        return mark;
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
