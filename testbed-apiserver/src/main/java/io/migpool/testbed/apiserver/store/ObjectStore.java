package io.migpool.testbed.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The counterpart of etcd: objects under keys, one revision counter, compare-and-set writes, a bounded history.
 *
 * <p>Trees that were passed to the store or come from it must not be modified: callers copy a tree before they change
 * it.
 */
public final class ObjectStore {
    /** Guards all fields; no I/O happens under it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<ResourceKind, ResourceLog> logs = new HashMap<>();
    private final int historyLimit;
    private long revision;
    private long watchEpoch;
    private long compactedRevision;
    private boolean watchesStalled;
    private boolean closed;

    /**
     * Creates an empty store.
     *
     * @param historyLimit number of changes remembered for each resource
     */
    public ObjectStore(int historyLimit) {
        this.historyLimit = historyLimit;
    }

    /** The result of waiting in a watch. */
    public sealed interface News {
        /** Changes in order, none if the time ran out; {@code upTo} is the revision that they reach. */
        record Changes(List<Change> changes, long upTo) implements News {}

        /** The history no longer reaches back that far. */
        record Forgotten() implements News {}

        /** The server is stopping. */
        record Closed() implements News {}
    }

    /** Returns the object under the key, which must not be modified. */
    public Optional<ObjectNode> get(ObjectKey key) {
        lock.lock();
        try {
            return Optional.ofNullable(log(key.kind()).objects().get(key.path()));
        } finally {
            lock.unlock();
        }
    }

    /** Stores a new object, which then belongs to the store. Empty if the key is taken. */
    public Optional<ObjectNode> create(ObjectKey key, ObjectNode object) {
        lock.lock();
        try {
            ResourceLog log = log(key.kind());
            if (log.objects().containsKey(key.path())) {
                return Optional.empty();
            }
            stamp(object);
            log.objects().put(key.path(), object);
            log.append(new Change(revision, null, object, false));
            return Optional.of(object);
        } finally {
            lock.unlock();
        }
    }

    /** Replaces exactly the given version. Empty if the object has changed or is gone. */
    public Optional<ObjectNode> replace(ObjectKey key, ObjectNode before, ObjectNode after) {
        lock.lock();
        try {
            ResourceLog log = log(key.kind());
            if (!isCurrent(log, key, before)) {
                return Optional.empty();
            }
            stamp(after);
            log.objects().put(key.path(), after);
            log.append(new Change(revision, before, after, false));
            return Optional.of(after);
        } finally {
            lock.unlock();
        }
    }

    /** Removes exactly the given version and returns its last state. Empty if the object has changed or is gone. */
    public Optional<ObjectNode> remove(ObjectKey key, ObjectNode before) {
        lock.lock();
        try {
            ResourceLog log = log(key.kind());
            if (!isCurrent(log, key, before)) {
                return Optional.empty();
            }
            ObjectNode last = before.deepCopy();
            stamp(last);
            log.objects().remove(key.path());
            log.append(new Change(revision, before, last, true));
            return Optional.of(last);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the objects of a resource in one namespace, or in all if it is empty, ordered by namespace and name. */
    public Listing list(ResourceKind kind, String namespace) {
        lock.lock();
        try {
            SortedMap<String, ObjectNode> objects = log(kind).objects();
            if (!namespace.isEmpty()) {
                // '0' follows '/', so this is every key that starts with the namespace and a slash.
                objects = objects.subMap(namespace + "/", namespace + "0");
            }
            return new Listing(List.copyOf(objects.values()), revision);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the revision of the latest write. */
    public long revision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the epoch of present watches; see {@link #dropWatches}. */
    public long watchEpoch() {
        lock.lock();
        try {
            return watchEpoch;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the resource has changes after the revision, for at most the given time. */
    public News await(ResourceKind kind, long since, long epoch, Duration patience) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            ResourceLog log = log(kind);
            long nanos = patience.toNanos();
            while (!closed && epoch == watchEpoch) {
                if (watchesStalled) {
                    if (nanos <= 0) {
                        return new News.Changes(List.of(), since);
                    }
                } else {
                    if (!log.remembers(since)) {
                        return new News.Forgotten();
                    }
                    List<Change> changes = log.after(since);
                    if (!changes.isEmpty() || nanos <= 0) {
                        return new News.Changes(changes, Math.max(since, revision));
                    }
                }
                nanos = log.changed().awaitNanos(nanos);
            }
            return new News.Closed();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all waits that began earlier. */
    public void dropWatches() {
        lock.lock();
        try {
            watchEpoch++;
            signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Keeps changes from all waits until {@link #resumeWatches}. */
    public void stallWatches() {
        lock.lock();
        try {
            watchesStalled = true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets waits see changes again, beginning with those that they missed. */
    public void resumeWatches() {
        lock.lock();
        try {
            watchesStalled = false;
            signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Forgets how every resource was before the given revision, and what changed it before, as a compaction does. The
     * change that made the revision itself is kept.
     */
    public void compact(long earliest) {
        lock.lock();
        try {
            compactedRevision = Math.max(compactedRevision, earliest);
            logs.values().forEach(log -> log.forgetBefore(earliest));
            signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether the state at this revision has been forgotten. */
    public boolean isCompacted(long someRevision) {
        lock.lock();
        try {
            return someRevision < compactedRevision;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all waits; the objects stay. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void signalAll() {
        logs.values().forEach(log -> log.changed().signalAll());
    }

    private ResourceLog log(ResourceKind kind) {
        return logs.computeIfAbsent(kind, k -> new ResourceLog(historyLimit, lock.newCondition()));
    }

    private static boolean isCurrent(ResourceLog log, ObjectKey key, ObjectNode version) {
        ObjectNode current = log.objects().get(key.path());
        return current != null && ObjectMeta.resourceVersion(current).equals(ObjectMeta.resourceVersion(version));
    }

    private void stamp(ObjectNode object) {
        revision++;
        Json.child(object, "metadata").put("resourceVersion", Long.toString(revision));
    }
}
