package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.migpool.extender.cluster.ClusterFeed;
import io.migpool.extender.cluster.Listed;
import io.migpool.extender.cluster.PodKey;
import io.migpool.runtime.kubernetes.Watch;
import java.util.List;

/**
 * Feeds the view of the cluster from the API server: first one consistent list of all nodes, pods, quotas and namespaces,
 * then every change.
 * Works in the background from start to close, and keeps retrying while the API server is away.
 */
public final class ClusterInformers implements AutoCloseable {

    private final List<Watch<?>> watches;

    private ClusterInformers(List<Watch<?>> watches) {
        this.watches = List.copyOf(watches);
    }

    /** Starts watching. The client stays open when this is closed. */
    public static ClusterInformers start(KubernetesClient client, ClusterFeed feed) {
        TrimmedStore<Pod> known = new TrimmedStore<>(TrimmedStore::pod);
        return new ClusterInformers(List.of(
                watch("namespaces", client.namespaces(), new TrimmedStore<>(TrimmedStore::namespace))
                        .listen(
                                feed::namespaceChanged,
                                feed::namespaceGone,
                                version -> feed.allListed(Listed.NAMESPACES))
                        .start(),
                watch("nodes", client.nodes(), new TrimmedStore<>(TrimmedStore::node))
                        .listen(
                                feed::nodeChanged,
                                node -> feed.nodeGone(node.getMetadata().getName()),
                                version -> feed.allListed(Listed.NODES))
                        .start(),
                watch("pods", client.pods().inAnyNamespace(), known)
                        .listen(
                                feed::podChanged,
                                pod -> feed.podGone(PodKey.of(pod.getMetadata()).uid()),
                                version -> feed.allPodsListed(
                                        version, pod -> known.has(pod.namespace(), pod.name(), pod.uid())))
                        .start(),
                watch("quotas", client.resourceQuotas().inAnyNamespace(), new TrimmedStore<>(TrimmedStore::quota))
                        .listen(feed::quotaChanged, feed::quotaGone, version -> feed.allListed(Listed.QUOTAS))
                        .start()));
    }

    private static <T extends HasMetadata> Watch<T> watch(String what, Informable<T> objects, TrimmedStore<T> store) {
        return new Watch<>(
                what, objects.withLimit(Watch.PAGE).runnableInformer(0).itemStore(store));
    }

    /** Stops watching; what it fed stays as it is. */
    @Override
    public void close() {
        watches.forEach(Watch::close);
    }
}
