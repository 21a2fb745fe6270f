package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.migpool.extender.cluster.ClusterFeed;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that keeps only the identity of objects: events carry the whole object, and what scheduling needs of
 * it is with the {@link ClusterFeed}. What it returns are objects made anew of their identity.
 */
final class TrimmedStore<T extends HasMetadata> implements ItemStore<T> {

    private final Map<String, Identity> items = new ConcurrentHashMap<>();
    private final Supplier<T> empty;
    private final Backlog backlog;

    /** What is kept of an object; fabric8's classes take several times the room. */
    private record Identity(@Nullable String namespace, String name, String uid, String version) {

        static Identity of(HasMetadata object) {
            ObjectMeta metadata = object.getMetadata();
            return new Identity(
                    metadata.getNamespace(), metadata.getName(), metadata.getUid(), metadata.getResourceVersion());
        }

        ObjectMeta metadata() {
            return new ObjectMetaBuilder()
                    .withNamespace(namespace)
                    .withName(name)
                    .withUid(uid)
                    .withResourceVersion(version)
                    .build();
        }
    }

    /**
     * @param empty makes an object of the kind without content
     * @param backlog counts the objects that are put here and that the informer's listener has not taken yet
     */
    TrimmedStore(Supplier<T> empty, Backlog backlog) {
        this.empty = empty;
        this.backlog = backlog;
    }

    private @Nullable T object(@Nullable Identity identity) {
        if (identity == null) {
            return null;
        }
        T object = empty.get();
        object.setMetadata(identity.metadata());
        return object;
    }

    /** Returns whether the store has exactly this object, and not another one of its name. */
    boolean has(String namespace, String name, String uid) {
        Identity known = items.get(namespace + "/" + name);
        return known != null && uid.equals(known.uid);
    }

    @Override
    public String getKey(T object) {
        String namespace = object.getMetadata().getNamespace();
        return namespace == null
                ? object.getMetadata().getName()
                : namespace + "/" + object.getMetadata().getName();
    }

    /** Waits while the listener is far behind: the informer queues what it has put, and has no bound for that. */
    @Override
    public @Nullable T put(String key, T object) {
        Identity now = Identity.of(object);
        Identity before = items.put(key, now);
        if (before == null || !Objects.equals(before.version, now.version)) {
            backlog.enter();
        }
        return object(before);
    }

    @Override
    public @Nullable T remove(String key) {
        return object(items.remove(key));
    }

    @Override
    public Stream<String> keySet() {
        return items.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return items.values().stream().map(this::object);
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public @Nullable T get(String key) {
        return object(items.get(key));
    }

    @Override
    public boolean isFullState() {
        return false;
    }
}
