package io.migpool.deviceplugin.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.Optional;

/** {@link NodeAnnotations} over a watch of our own Node. */
final class KubernetesNode implements NodeAnnotations, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(KubernetesNode.class.getName());

    private final KubernetesClient client;
    private final String nodeName;
    private final SharedIndexInformer<Node> informer;
    private volatile boolean closed;

    KubernetesNode(KubernetesClient client, String nodeName) {
        this.client = client;
        this.nodeName = nodeName;
        this.informer = client.nodes().withName(nodeName).runnableInformer(0).exceptionHandler((_, failure) -> {
            if (!closed) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the watch of the node broke and is set up again: {0}",
                        String.valueOf(failure));
            }
            return !closed;
        });
    }

    void listen(Runnable onChange) {
        informer.addEventHandler(new Handler(onChange));
    }

    void start() {
        var _ = informer.start().exceptionally(failure -> {
            LOG.log(System.Logger.Level.DEBUG, "the watch of the node ended", failure);
            return null;
        });
    }

    @Override
    public Optional<Map<String, String>> current() {
        return Optional.ofNullable(informer.getStore().getByKey(nodeName))
                .map(node ->
                        Optional.ofNullable(node.getMetadata().getAnnotations()).orElse(Map.of()));
    }

    /** The labels as last watched; empty while the Node has not been seen. */
    Optional<Map<String, String>> labels() {
        return Optional.ofNullable(informer.getStore().getByKey(nodeName))
                .map(node -> Optional.ofNullable(node.getMetadata().getLabels()).orElse(Map.of()));
    }

    @Override
    public void patch(Map<String, String> annotations) throws ClusterException {
        try {
            client.nodes()
                    .withName(nodeName)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            Serialization.asJson(Map.of("metadata", Map.of("annotations", annotations))));
        } catch (KubernetesClientException e) {
            throw Kubernetes.failure("annotating node " + nodeName, e);
        }
    }

    @Override
    public void close() {
        closed = true;
        informer.stop();
    }

    private record Handler(Runnable onChange) implements ResourceEventHandler<Node> {

        @Override
        public void onAdd(Node node) {
            onChange.run();
        }

        @Override
        public void onUpdate(Node before, Node node) {
            onChange.run();
        }

        @Override
        public void onDelete(Node node, boolean finalStateUnknown) {
            onChange.run();
        }
    }
}
