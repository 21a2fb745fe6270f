package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.runtime.kubernetes.Watch;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** This node's Node object over a single watch: annotations, labels, and whether it is schedulable. */
final class ApiServerNode implements NodeAnnotations, AutoCloseable {

    private final KubernetesClient client;
    private final String nodeName;
    private final SharedIndexInformer<Node> informer;
    private final Watch<Node> watch;

    ApiServerNode(KubernetesClient client, String nodeName) {
        this.client = client;
        this.nodeName = nodeName;
        this.informer = client.nodes().withName(nodeName).runnableInformer(0);
        this.watch = new Watch<>("node " + nodeName, informer);
    }

    void listen(Runnable onChange) {
        watch.listen(changed -> onChange.run(), gone -> onChange.run());
    }

    void start() {
        watch.start();
    }

    /** Returns the Node as last watched. */
    Optional<Node> watched() {
        return Optional.ofNullable(informer.getStore().getByKey(nodeName));
    }

    @Override
    public Optional<Map<String, String>> current() {
        return watched().map(node -> Optional.ofNullable(node.getMetadata().getAnnotations())
                .orElse(Map.of()));
    }

    @Override
    public void patch(Map<String, String> annotations) throws ClusterException {
        patch("annotating", Map.of("metadata", Map.of("annotations", annotations)));
    }

    private void patch(String doing, Map<String, Object> change) throws ClusterException {
        try {
            // With the object at hand, the client does not read it from the server first.
            client.nodes()
                    .resource(new NodeBuilder()
                            .withNewMetadata()
                            .withName(nodeName)
                            .endMetadata()
                            .build())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(change));
        } catch (KubernetesClientException e) {
            throw ApiServerFailures.of(doing + " node " + nodeName, e);
        }
    }

    NodeLabels labels() {
        return new NodeLabels() {
            @Override
            public Optional<Map<String, String>> current() {
                return watched()
                        .map(node -> Optional.ofNullable(node.getMetadata().getLabels())
                                .orElse(Map.of()));
            }

            @Override
            public void patch(Map<String, String> changed, Set<String> removed) throws ClusterException {
                Map<String, @Nullable String> labels = new HashMap<>(changed);
                // A merge patch removes keys that it sets to null.
                removed.forEach(label -> labels.put(label, null));
                ApiServerNode.this.patch("labelling", Map.of("metadata", Map.of("labels", labels)));
            }
        };
    }

    NodeCordon cordon() {
        return new NodeCordon() {
            @Override
            public boolean isSet() throws ClusterException {
                return watched()
                        .map(node -> Boolean.TRUE.equals(node.getSpec().getUnschedulable()))
                        .orElseThrow(() -> new ClusterException(
                                ClusterException.Code.UNAVAILABLE, "node " + nodeName + " has not been read yet"));
            }

            @Override
            public void set() throws ClusterException {
                patchUnschedulable(true);
            }

            @Override
            public void lift() throws ClusterException {
                patchUnschedulable(false);
            }

            private void patchUnschedulable(boolean unschedulable) throws ClusterException {
                ApiServerNode.this.patch("cordoning", Map.of("spec", Map.of("unschedulable", unschedulable)));
            }
        };
    }

    @Override
    public void close() {
        watch.close();
    }
}
