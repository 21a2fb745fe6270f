package io.migpool.admission.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import io.migpool.runtime.kubernetes.Watch;
import java.util.List;

/**
 * Feeds {@link PoolFacts} from the API server, in the background from start to close. Reviews never wait for it; until
 * something has been seen, they check less.
 */
public final class PoolWatch implements AutoCloseable {

    private final List<Watch<?>> watches;

    private PoolWatch(List<Watch<?>> watches) {
        this.watches = List.copyOf(watches);
    }

    /** Starts watching. Closing the watch leaves the client open. */
    public static PoolWatch start(KubernetesClient client, PoolFacts facts) {
        return new PoolWatch(List.of(
                watch(client, "nodes", Node.class, client.nodes())
                        .listen(facts::nodeChanged, facts::nodeGone, _ -> facts.nodesListed())
                        .start(),
                watch(
                                client,
                                "quotas",
                                ResourceQuota.class,
                                client.resourceQuotas().inAnyNamespace())
                        .listen(facts::quotaChanged, facts::quotaGone)
                        .start()));
    }

    /**
     * Returns a watch of one kind of object. The facts hold what matters; the informer itself only remembers which
     * objects exist.
     */
    private static <T extends HasMetadata> Watch<T> watch(
            KubernetesClient client, String what, Class<T> type, Informable<T> objects) {
        return new Watch<>(
                what,
                objects.withLimit(Watch.PAGE)
                        .runnableInformer(0)
                        .itemStore(new ReducedStateItemStore<>(
                                ReducedStateItemStore.NAME_KEY_STATE,
                                type,
                                client.getKubernetesSerialization(),
                                "metadata.uid")));
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
    }
}
