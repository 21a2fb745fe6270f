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
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** {@link ConfigMaps} through the fabric8 client: one watch each, restricted to the name. */
final class KubernetesConfigMaps implements ConfigMaps {

    private static final System.Logger LOG = System.getLogger(KubernetesConfigMaps.class.getName());

    private final KubernetesClient client;
    private final Supplier<Optional<Node>> node;

    /** @param node our Node as last watched; published ConfigMaps are deleted with it */
    KubernetesConfigMaps(KubernetesClient client, Supplier<Optional<Node>> node) {
        this.client = client;
        this.node = node;
    }

    @Override
    public Watched watch(String namespace, String name, Runnable onChange) {
        SharedIndexInformer<ConfigMap> informer = client.configMaps()
                .inNamespace(namespace)
                .withName(name)
                .runnableInformer(0)
                .exceptionHandler((_, failure) -> {
                    LOG.log(
                            Level.DEBUG,
                            "the watch of ConfigMap {0} broke and is set up again: {1}",
                            name,
                            String.valueOf(failure));
                    return true;
                });
        informer.addEventHandler(new AnyChange<>(onChange));
        return new WatchedByInformer(namespace + "/" + name, informer);
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
            throw Kubernetes.failure("writing ConfigMap " + namespace + "/" + name, e);
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

    private record WatchedByInformer(String name, SharedIndexInformer<ConfigMap> informer) implements Watched {

        @Override
        public void start() {
            var _ = informer.start().exceptionally(failure -> {
                LOG.log(Level.DEBUG, "the watch of a ConfigMap ended", failure);
                return null;
            });
        }

        @Override
        public Optional<Map<String, String>> data() throws ClusterException {
            if (!informer.hasSynced()) {
                throw new ClusterException(
                        ClusterException.Code.UNAVAILABLE, "ConfigMap " + name + " has not been read yet");
            }
            return informer.getStore().list().stream().findFirst().map(map -> Optional.ofNullable(map.getData())
                    .orElse(Map.of()));
        }

        @Override
        public void close() {
            informer.stop();
        }
    }
}
