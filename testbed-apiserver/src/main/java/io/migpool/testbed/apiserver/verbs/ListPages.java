package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.selectors.Selector;
import io.migpool.testbed.apiserver.store.Listing;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lists in pages: a continued list shows the objects as they were.
 *
 * <p>Only the latest few lists are kept, and none from before a compaction. Continuing an older one fails as expired, with
 * a token that continues at the same place in the objects as they are.
 */
final class ListPages {
    private static final int KEPT = 64;

    private final ObjectStore store;

    /** Guards the field below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Moment, Listing> kept = new LinkedHashMap<>();

    ListPages(ObjectStore store) {
        this.store = store;
    }

    private record Moment(ResourceKind kind, String namespace, long revision) {}

    /**
     * One page.
     *
     * @param items its objects
     * @param revision the revision of the whole list
     * @param continuation token for the next page, empty at the end
     * @param remaining how many objects are left
     */
    record Page(List<ObjectNode> items, long revision, String continuation, int remaining) {}

    Page first(ResourceKind kind, String namespace, Selector selector, int limit) {
        return page(kind, namespace, store.list(kind, namespace), "", selector, limit);
    }

    Page next(ResourceKind kind, String namespace, String continuation, Selector selector, int limit) {
        ContinueToken token = ContinueToken.decode(continuation);
        return page(kind, namespace, listing(kind, namespace, token), token.start(), selector, limit);
    }

    private Listing listing(ResourceKind kind, String namespace, ContinueToken token) {
        if (token.isOfNoMoment()) {
            return store.list(kind, namespace);
        }
        Listing listing;
        lock.lock();
        try {
            listing = kept.get(new Moment(kind, namespace, token.revision()));
        } finally {
            lock.unlock();
        }
        if (listing == null || store.isCompacted(token.revision())) {
            throw ApiException.expired("The provided continue parameter is too old to display a consistent list result."
                            + " You can start a new list without the continue parameter, or use the continue token in"
                            + " this response to retrieve the remainder of the results.")
                    .continueWith(ContinueToken.ofNoMoment(token.start()).encode());
        }
        return listing;
    }

    private Page page(
            ResourceKind kind, String namespace, Listing listing, String start, Selector selector, int limit) {
        List<ObjectNode> items = listing.items().stream()
                .filter(object -> path(kind, object).compareTo(start) >= 0)
                .filter(selector::matches)
                .toList();
        if (limit <= 0 || items.size() <= limit) {
            return new Page(items, listing.revision(), "", 0);
        }
        keep(new Moment(kind, namespace, listing.revision()), listing);
        ContinueToken next = ContinueToken.after(path(kind, items.get(limit - 1)), listing.revision());
        return new Page(items.subList(0, limit), listing.revision(), next.encode(), items.size() - limit);
    }

    private void keep(Moment moment, Listing listing) {
        lock.lock();
        try {
            kept.put(moment, listing);
            if (kept.size() > KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    private static String path(ResourceKind kind, ObjectNode object) {
        return new ObjectKey(kind, Json.text(object, "metadata", "namespace"), ObjectMeta.name(object)).path();
    }
}
