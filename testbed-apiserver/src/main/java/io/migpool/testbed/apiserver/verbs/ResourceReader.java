package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.ApiRequest;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.selectors.FieldSelector;
import io.migpool.testbed.apiserver.selectors.LabelSelector;
import io.migpool.testbed.apiserver.selectors.Selector;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;
import java.util.function.UnaryOperator;

/** Serves get, list and watch. */
public final class ResourceReader {
    private final ObjectStore store;
    private final ListPages pages;

    ResourceReader(ObjectStore store) {
        this.store = store;
        this.pages = new ListPages(store);
    }

    /** Returns the object as clients of the target's kind see it. */
    public ObjectNode get(ResourceTarget target) {
        ObjectNode stored =
                store.get(target.key()).orElseThrow(() -> ApiException.notFound(target.kind(), target.name()));
        return EventConversion.fromStored(target.kind(), stored);
    }

    /** Returns the list, or a page of it, that the request's parameters select. */
    public ObjectNode list(ResourceTarget target, ApiRequest request) {
        Selector selector = selector(target, request);
        ListOptions options = ListOptions.parse(request);
        ResourceKind kind = target.key().kind();
        ListPages.Page page = options.continuation().isEmpty()
                ? pages.first(kind, target.namespace(), selector, options.limit())
                : pages.next(kind, target.namespace(), options.continuation(), selector, options.limit());
        options.requireReached(page.revision());
        ObjectNode list = Json.object()
                .put("kind", target.kind().listKind())
                .put("apiVersion", target.kind().apiVersion());
        ObjectNode metadata = list.putObject("metadata").put("resourceVersion", Long.toString(page.revision()));
        if (!page.continuation().isEmpty()) {
            metadata.put("continue", page.continuation());
            if (selector.isEverything()) {
                metadata.put("remainingItemCount", page.remaining());
            }
        }
        ArrayNode items = list.putArray("items");
        page.items().forEach(item -> items.add(EventConversion.fromStored(target.kind(), item)));
        return list;
    }

    /** Returns the selected objects as they are stored. */
    public List<ObjectNode> choose(ResourceTarget target, ApiRequest request) {
        Selector selector = selector(target, request);
        return store.list(target.key().kind(), target.namespace()).items().stream()
                .filter(selector::matches)
                .toList();
    }

    /** Returns the watch that the request's parameters select; the function converts each object. */
    public WatchStream watch(ResourceTarget target, ApiRequest request, UnaryOperator<ObjectNode> shown) {
        Selector selector = selector(target, request);
        if (!target.name().isEmpty()) {
            selector = selector.and(object -> ObjectMeta.name(object).equals(target.name()));
        }
        if (!target.namespace().isEmpty()) {
            selector = selector.and(
                    object -> Json.text(object, "metadata", "namespace").equals(target.namespace()));
        }
        WatchStream.Subject subject = new WatchStream.Subject(
                target.key().kind(),
                selector,
                object -> shown.apply(EventConversion.fromStored(target.kind(), object)));
        return WatchStream.of(store, subject, target.namespace(), ListOptions.parse(request));
    }

    private static Selector selector(ResourceTarget target, ApiRequest request) {
        return LabelSelector.parse(request.parameter("labelSelector"))
                .and(FieldSelector.parse(target.kind(), request.parameter("fieldSelector")));
    }
}
