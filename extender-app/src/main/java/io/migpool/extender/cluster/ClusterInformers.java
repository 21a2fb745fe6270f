package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Feeds a {@link ClusterState} from the API server: first one consistent list of all nodes, pods, quotas and namespaces,
 * then every change.
 * Works in the background from start to close, and keeps retrying while the API server is away.
 */
public final class ClusterInformers implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ClusterInformers.class.getName());

    /** Paged lists are read from the store; without a limit fabric8 asks for whatever the server has cached. */
    private static final long PAGE = 500;

    private final List<SharedIndexInformer<?>> informers;

    private ClusterInformers(List<SharedIndexInformer<?>> informers) {
        this.informers = List.copyOf(informers);
    }

    /** Starts watching. The client stays open when this is closed. */
    public static ClusterInformers start(KubernetesClient client, ClusterState state) {
        SharedIndexInformer<Node> nodes = client.nodes().withLimit(PAGE).runnableInformer(0);
        SharedIndexInformer<Pod> pods =
                client.pods().inAnyNamespace().withLimit(PAGE).runnableInformer(0);
        SharedIndexInformer<ResourceQuota> quotas =
                client.resourceQuotas().inAnyNamespace().withLimit(PAGE).runnableInformer(0);
        SharedIndexInformer<Namespace> namespaces =
                client.namespaces().withLimit(PAGE).runnableInformer(0);
        follow(
                namespaces,
                new TrimmedStore<>(TrimmedStore::namespace),
                new Changes<>(
                        state::namespaceChanged, state::namespaceGone, version -> state.allListed(Listed.NAMESPACES)));
        follow(
                nodes,
                new TrimmedStore<>(TrimmedStore::node),
                new Changes<>(
                        state::nodeChanged,
                        node -> state.nodeGone(node.getMetadata().getName()),
                        version -> state.allListed(Listed.NODES)));
        TrimmedStore<Pod> known = new TrimmedStore<>(TrimmedStore::pod);
        follow(
                pods,
                known,
                new Changes<>(
                        state::podChanged,
                        pod -> state.podGone(PodKey.of(pod.getMetadata()).uid()),
                        version -> state.allPodsListed(
                                version, pod -> known.has(pod.namespace(), pod.name(), pod.uid()))));
        follow(
                quotas,
                new TrimmedStore<>(TrimmedStore::quota),
                new Changes<>(state::quotaChanged, state::quotaGone, version -> state.allListed(Listed.QUOTAS)));
        return new ClusterInformers(List.of(nodes, pods, quotas, namespaces));
    }

    private static <T extends HasMetadata> void follow(
            SharedIndexInformer<T> informer, TrimmedStore<T> store, Changes<T> changes) {
        informer.itemStore(store);
        informer.addEventHandler(changes);
        informer.exceptionHandler((started, failure) -> {
            LOG.log(Level.WARNING, "the API server cannot be watched; retrying: {0}", failure.toString());
            return true;
        });
        informer.start();
    }

    /** Stops watching; the state stays as it is. */
    @Override
    public void close() {
        informers.forEach(SharedIndexInformer::close);
    }

    /**
     * Passes on events about objects of one kind.
     *
     * @param listed receives the version of every complete list, of the first and of those after a gap of the watch
     */
    record Changes<T extends HasMetadata>(Consumer<T> changed, Consumer<T> gone, Consumer<String> listed)
            implements ResourceEventHandler<T> {

        /** Called after every object of the list has been delivered. */
        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            listed.accept(resourceVersion);
        }

        @Override
        public void onAdd(T object) {
            changed.accept(object);
        }

        /** An object recreated under its name while the watch was interrupted is also delivered as an update. */
        @Override
        public void onUpdate(T before, T object) {
            if (!Objects.equals(
                    before.getMetadata().getUid(), object.getMetadata().getUid())) {
                gone.accept(before);
            }
            changed.accept(object);
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            gone.accept(object);
        }
    }
}
