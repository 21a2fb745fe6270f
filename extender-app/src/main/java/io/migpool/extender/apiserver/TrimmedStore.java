package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.migpool.extender.cluster.ClusterFeed;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that keeps only the identity of objects: events carry the whole object, and what scheduling needs of
 * it is with the {@link ClusterFeed}.
 */
final class TrimmedStore<T extends HasMetadata> implements ItemStore<T> {

    private final Map<String, T> items = new ConcurrentHashMap<>();
    private final UnaryOperator<T> trim;

    TrimmedStore(UnaryOperator<T> trim) {
        this.trim = trim;
    }

    static Node node(Node node) {
        return new NodeBuilder().withMetadata(identity(node)).build();
    }

    static Pod pod(Pod pod) {
        return new PodBuilder().withMetadata(identity(pod)).build();
    }

    static ResourceQuota quota(ResourceQuota quota) {
        return new ResourceQuotaBuilder().withMetadata(identity(quota)).build();
    }

    static Namespace namespace(Namespace namespace) {
        return new NamespaceBuilder().withMetadata(identity(namespace)).build();
    }

    private static ObjectMeta identity(HasMetadata object) {
        ObjectMeta metadata = object.getMetadata();
        return new ObjectMetaBuilder()
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .build();
    }

    /** Returns whether the store has exactly this object, and not another one of its name. */
    boolean has(String namespace, String name, String uid) {
        T known = items.get(namespace + "/" + name);
        return known != null && uid.equals(known.getMetadata().getUid());
    }

    @Override
    public String getKey(T object) {
        String namespace = object.getMetadata().getNamespace();
        return namespace == null
                ? object.getMetadata().getName()
                : namespace + "/" + object.getMetadata().getName();
    }

    @Override
    public @Nullable T put(String key, T object) {
        return items.put(key, trim.apply(object));
    }

    @Override
    public @Nullable T remove(String key) {
        return items.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return items.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return items.values().stream();
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public @Nullable T get(String key) {
        return items.get(key);
    }

    @Override
    public boolean isFullState() {
        return false;
    }
}
