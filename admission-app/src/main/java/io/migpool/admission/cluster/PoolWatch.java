package io.migpool.admission.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;

/**
 * Feeds {@link PoolFacts} from the API server, in the background from start to close. Reviews never wait for it; until
 * something has been seen, they check less.
 */
public final class PoolWatch implements AutoCloseable {

    private static final Logger LOG = System.getLogger(PoolWatch.class.getName());
    /** Page size of lists. */
    private static final long PAGE = 500;

    private final List<SharedIndexInformer<?>> informers;

    private PoolWatch(List<SharedIndexInformer<?>> informers) {
        this.informers = List.copyOf(informers);
    }

    /** Starts watching. Closing the watch leaves the client open. */
    public static PoolWatch start(KubernetesClient client, PoolFacts facts) {
        SharedIndexInformer<Node> nodes = client.nodes().withLimit(PAGE).runnableInformer(0);
        follow(client, Node.class, nodes, facts::nodeChanged, facts::nodeGone);
        SharedIndexInformer<ResourceQuota> quotas =
                client.resourceQuotas().inAnyNamespace().withLimit(PAGE).runnableInformer(0);
        follow(client, ResourceQuota.class, quotas, facts::quotaChanged, facts::quotaGone);
        return new PoolWatch(List.of(nodes, quotas));
    }

    /**
     * Follows one kind of object. The facts hold what matters; the informer itself only remembers which objects exist.
     */
    private static <T extends HasMetadata> void follow(
            KubernetesClient client,
            Class<T> type,
            SharedIndexInformer<T> informer,
            Consumer<T> changed,
            Consumer<T> gone) {
        informer.itemStore(new ReducedStateItemStore<>(
                ReducedStateItemStore.NAME_KEY_STATE, type, client.getKubernetesSerialization()));
        informer.addEventHandler(new Changes<>(changed, gone));
        informer.exceptionHandler((started, failure) -> {
            LOG.log(Level.WARNING, "{0}s cannot be watched; retrying: {1}", type.getSimpleName(), failure.toString());
            return true;
        });
        informer.start();
    }

    @Override
    public void close() {
        informers.forEach(SharedIndexInformer::close);
    }

    private record Changes<T>(Consumer<T> changed, Consumer<T> gone) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            changed.accept(object);
        }

        @Override
        public void onUpdate(T before, T object) {
            changed.accept(object);
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            gone.accept(object);
        }
    }
}
