package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.store.Listing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The remainders of paged lists: a continued list shows the objects as they were.
 *
 * <p>Only the latest few are kept; continuing an older one fails as expired.
 */
final class ListPages {
    private static final int KEPT = 64;

    /** Guards the fields. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Listing> rests = new LinkedHashMap<>();
    private long next = 1;

    /**
     * One page.
     *
     * @param items its objects
     * @param revision the revision of the whole list
     * @param continuation token for the next page, empty at the end
     * @param remaining how many objects are left
     */
    record Page(List<ObjectNode> items, long revision, String continuation, int remaining) {}

    Page first(Listing listing, int limit) {
        List<ObjectNode> items = listing.items();
        if (limit <= 0 || items.size() <= limit) {
            return new Page(items, listing.revision(), "", 0);
        }
        Listing rest = new Listing(List.copyOf(items.subList(limit, items.size())), listing.revision());
        return new Page(
                items.subList(0, limit),
                listing.revision(),
                keep(rest),
                rest.items().size());
    }

    Page next(String continuation, int limit) {
        Listing rest;
        lock.lock();
        try {
            rest = rests.get(continuation);
        } finally {
            lock.unlock();
        }
        if (rest == null) {
            throw ApiException.expired("The provided continue parameter is too old to display a consistent list result."
                    + " You must start a new list without the continue parameter.");
        }
        return first(rest, limit);
    }

    private String keep(Listing rest) {
        lock.lock();
        try {
            String token = "page-" + next++;
            rests.put(token, rest);
            if (rests.size() > KEPT) {
                rests.remove(rests.keySet().iterator().next());
            }
            return token;
        } finally {
            lock.unlock();
        }
    }
}
