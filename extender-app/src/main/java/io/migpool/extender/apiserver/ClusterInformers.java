package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.migpool.extender.cluster.ClusterFeed;
import io.migpool.extender.cluster.Listed;
import io.migpool.extender.cluster.PodKey;
import io.migpool.runtime.kubernetes.Watch;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Feeds the view of the cluster from the API server: first one consistent list of all nodes, pods, quotas and namespaces,
 * then every change.
 * Works in the background from start to close, and keeps retrying while the API server is away.
 */
public final class ClusterInformers implements AutoCloseable {

    /** A few pages: enough that the listener never waits for the API server while more is to come. */
    private static final int MOST_WAITING = 2_000;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final List<Watch<?>> watches;

    private ClusterInformers(List<Watch<?>> watches) {
        this.watches = List.copyOf(watches);
    }

    /** Starts watching. The client stays open when this is closed. */
    public static ClusterInformers start(KubernetesClient client, ClusterFeed feed) {
        return start(client, feed, MOST_WAITING);
    }

    /**
     * As {@link #start(KubernetesClient, ClusterFeed)}.
     *
     * @param mostWaiting how many objects of a kind may have been read that the feed has not taken
     */
    static ClusterInformers start(KubernetesClient client, ClusterFeed feed, int mostWaiting) {
        Followed<Namespace> namespaces = new Followed<>(Namespace::new, mostWaiting);
        Followed<Node> nodes = new Followed<>(Node::new, mostWaiting);
        Followed<Pod> pods = new Followed<>(Pod::new, mostWaiting);
        Followed<ResourceQuota> quotas = new Followed<>(ResourceQuota::new, mostWaiting);
        return new ClusterInformers(List.of(
                namespaces.watch(
                        "namespaces",
                        client.namespaces(),
                        feed::namespaceChanged,
                        feed::namespaceGone,
                        version -> feed.allListed(Listed.NAMESPACES)),
                nodes.watch(
                        "nodes",
                        client.nodes(),
                        feed::nodeChanged,
                        node -> feed.nodeGone(node.getMetadata().getName()),
                        version -> feed.allListed(Listed.NODES)),
                pods.watch(
                        "pods",
                        client.pods().inAnyNamespace(),
                        feed::podChanged,
                        pod -> feed.podGone(PodKey.of(pod.getMetadata()).uid()),
                        version -> feed.allPodsListed(version, pods::exists)),
                quotas.watch(
                        "quotas",
                        client.resourceQuotas().inAnyNamespace(),
                        feed::quotaChanged,
                        feed::quotaGone,
                        version -> feed.allListed(Listed.QUOTAS))));
    }

    /** The objects of one kind. */
    private static final class Followed<T extends HasMetadata> {

        private final Backlog backlog;
        private final TrimmedStore<T> known;

        /** @param empty makes an object of the kind without content */
        Followed(Supplier<T> empty, int mostWaiting) {
            backlog = new Backlog(mostWaiting, LONGEST_WAIT);
            known = new TrimmedStore<>(empty, backlog);
        }

        boolean exists(PodKey pod) {
            return known.has(pod.namespace(), pod.name(), pod.uid());
        }

        Watch<T> watch(
                String what, Informable<T> objects, Consumer<T> changed, Consumer<T> gone, Consumer<String> listed) {
            Consumer<T> taken = object -> {
                try {
                    changed.accept(object);
                } finally {
                    backlog.leave();
                }
            };
            return new Watch<>(
                            what,
                            objects.withLimit(Watch.PAGE).runnableInformer(0).itemStore(known))
                    .listen(taken, gone, listed)
                    .start();
        }
    }

    /** Stops watching; what it fed stays as it is. */
    @Override
    public void close() {
        watches.forEach(Watch::close);
    }
}
