package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PreconditionsBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.Eviction;
import io.fabric8.kubernetes.api.model.policy.v1.EvictionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.runtime.kubernetes.Watch;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link Pods} over one watch of the pods with our node's name; no periodic list. */
final class ApiServerPods implements Pods, AutoCloseable {

    private static final String BY_UID = "uid";

    private final KubernetesClient client;
    private final SharedIndexInformer<Pod> informer;
    private final Watch<Pod> watch;

    ApiServerPods(KubernetesClient client, String nodeName) {
        this.client = client;
        // Not in pages: for those, the API server would read through all pods of the cluster.
        this.informer = client.pods()
                .inAnyNamespace()
                .withField("spec.nodeName", nodeName)
                .runnableInformer(0)
                .addIndexers(Map.of(BY_UID, pod -> List.of(pod.getMetadata().getUid())));
        this.watch = new Watch<>("pods of node " + nodeName, informer);
    }

    void listen(Listener listener) {
        PodEvents events = new PodEvents(listener);
        watch.listen(events::changed, events::gone, _ -> listener.listed());
    }

    void start() {
        watch.start();
    }

    @Override
    public Optional<Pod> watched(String uid) {
        return informer.getIndexer().byIndex(BY_UID, uid).stream().findFirst();
    }

    @Override
    public Optional<List<Pod>> all() {
        return informer.hasSynced()
                ? Optional.of(List.copyOf(informer.getStore().list()))
                : Optional.empty();
    }

    @Override
    public Optional<Pod> read(String namespace, String name) throws ClusterException {
        try {
            return Optional.ofNullable(
                    client.pods().inNamespace(namespace).withName(name).get());
        } catch (KubernetesClientException e) {
            throw ApiServerFailures.of("reading pod " + namespace + "/" + name, e);
        }
    }

    @Override
    public void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) throws ClusterException {
        String namespace = base.getMetadata().getNamespace();
        String name = base.getMetadata().getName();
        Map<String, Object> metadata = Map.of(
                "uid",
                base.getMetadata().getUid(),
                "resourceVersion",
                base.getMetadata().getResourceVersion(),
                "annotations",
                annotations,
                "labels",
                labels);
        try {
            // With the object at hand, the client does not read it from the server first.
            Pod named = new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(namespace)
                    .withName(name)
                    .endMetadata()
                    .build();
            client.pods()
                    .resource(named)
                    .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("metadata", metadata)));
        } catch (KubernetesClientException e) {
            throw ApiServerFailures.of("marking pod " + namespace + "/" + name, e);
        }
    }

    @Override
    public boolean evict(Pod pod) throws ClusterException {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getMetadata().getName();
        Eviction eviction = new EvictionBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withDeleteOptions(new DeleteOptionsBuilder()
                        .withPreconditions(new PreconditionsBuilder()
                                .withUid(pod.getMetadata().getUid())
                                .build())
                        .build())
                .build();
        try {
            return client.pods().inNamespace(namespace).withName(name).evict(eviction);
        } catch (KubernetesClientException e) {
            throw ApiServerFailures.of("evicting pod " + namespace + "/" + name, e);
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
