package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.runtime.kubernetes.Watch;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** {@link ConfigMaps} through the fabric8 client: one watch each, restricted to the name. */
final class ApiServerConfigMaps implements ConfigMaps {

    private final KubernetesClient client;
    private final Supplier<Optional<Node>> node;

    /** @param node our Node as last watched; published ConfigMaps are deleted with it */
    ApiServerConfigMaps(KubernetesClient client, Supplier<Optional<Node>> node) {
        this.client = client;
        this.node = node;
    }

    @Override
    public Watched watch(String namespace, String name, Runnable onChange) {
        SharedIndexInformer<ConfigMap> informer =
                client.configMaps().inNamespace(namespace).withName(name).runnableInformer(0);
        String what = "ConfigMap " + namespace + "/" + name;
        return new WatchedByInformer(
                what, informer, new Watch<>(what, informer).listen(changed -> onChange.run(), gone -> onChange.run()));
    }

    @Override
    public void publish(String namespace, String name, Map<String, String> labels, Map<String, String> data)
            throws ClusterException {
        ConfigMap map = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .withLabels(labels)
                .withOwnerReferences(owner())
                .endMetadata()
                .withData(data)
                .build();
        try {
            if (!patched(map)) {
                client.resource(map).create();
            }
        } catch (KubernetesClientException e) {
            throw ApiServerFailures.of("writing ConfigMap " + namespace + "/" + name, e);
        }
    }

    /** Patches a ConfigMap without reading it first, because the agent may only read those with a known name. */
    private boolean patched(ConfigMap map) {
        try {
            client.resource(map).patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(map));
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private List<OwnerReference> owner() {
        return node
                .get()
                .map(present -> new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(present.getMetadata().getName())
                        .withUid(present.getMetadata().getUid())
                        .build())
                .stream()
                .toList();
    }

    private record WatchedByInformer(String what, SharedIndexInformer<ConfigMap> informer, Watch<ConfigMap> watch)
            implements Watched {

        @Override
        public void start() {
            watch.start();
        }

        @Override
        public Optional<Map<String, String>> data() throws ClusterException {
            if (!informer.hasSynced()) {
                throw new ClusterException(
                        ClusterException.Code.UNAVAILABLE,
                        what + " has not been read yet"
                                + watch.failure().map(reason -> ": " + reason).orElse(""));
            }
            return informer.getStore().list().stream().findFirst().map(map -> Optional.ofNullable(map.getData())
                    .orElse(Map.of()));
        }

        @Override
        public void close() {
            watch.close();
        }
    }
}
