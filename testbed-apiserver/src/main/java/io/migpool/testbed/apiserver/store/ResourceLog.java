package io.migpool.testbed.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;

/** The objects of one resource with their latest changes. All access is guarded by the lock of {@link ObjectStore}. */
final class ResourceLog {
    private final SortedMap<String, ObjectNode> objects = new TreeMap<>();
    private final Deque<Change> changes = new ArrayDeque<>();
    private final Condition changed;
    private final int limit;
    private long forgottenUpTo;

    ResourceLog(int limit, Condition changed) {
        this.limit = limit;
        this.changed = changed;
    }

    SortedMap<String, ObjectNode> objects() {
        return objects;
    }

    Condition changed() {
        return changed;
    }

    void append(Change change) {
        changes.addLast(change);
        if (changes.size() > limit) {
            forgottenUpTo = changes.removeFirst().revision();
        }
        changed.signalAll();
    }

    /** Forgets the changes before that revision. */
    void forgetBefore(long revision) {
        while (!changes.isEmpty() && changes.getFirst().revision() < revision) {
            forgottenUpTo = changes.removeFirst().revision();
        }
    }

    boolean remembers(long revision) {
        return revision >= forgottenUpTo;
    }

    List<Change> after(long revision) {
        List<Change> found = new ArrayList<>();
        Iterator<Change> newestFirst = changes.descendingIterator();
        while (newestFirst.hasNext()) {
            Change change = newestFirst.next();
            if (change.revision() <= revision) {
                break;
            }
            found.add(change);
        }
        return found.reversed();
    }
}
