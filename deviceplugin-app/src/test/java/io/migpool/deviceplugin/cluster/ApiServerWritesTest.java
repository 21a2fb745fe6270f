package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.apiserver.access.RequestRecord;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the agent sends to the API server when it changes its pods and its Node. */
class ApiServerWritesTest {

    private static final String NODE = "node-a";

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private List<String> verbs() {
        return server.access().requests().keySet().stream()
                .map(RequestRecord::verb)
                .toList();
    }

    private static Pod created() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("a")
                .endMetadata()
                .withNewSpec()
                .withNodeName(NODE)
                .addNewContainer()
                .withName("main")
                .withImage("ubuntu:22.04")
                .endContainer()
                .endSpec()
                .build();
    }

    @Test
    void aPodIsMarkedByOneRequest() throws Exception {
        Pod pod = client.resource(created()).create();
        server.access().forgetRequests();
        try (ApiServerPods pods = new ApiServerPods(client, NODE)) {
            pods.mark(pod, Map.of("migpool.io/test", "yes"), Map.of("test", "also"));
        }
        assertThat(verbs()).containsExactly("patch");
        Pod marked = client.resource(pod).get();
        assertThat(marked.getMetadata().getAnnotations()).containsEntry("migpool.io/test", "yes");
        assertThat(marked.getMetadata().getLabels()).containsEntry("test", "also");
    }

    @Test
    void aPodThatIsGoneOrHasChangedIsNotMarked() {
        Pod pod = client.resource(created()).create();
        client.resource(pod).edit(now -> new PodBuilder(now)
                .editMetadata()
                .addToLabels("by", "another")
                .endMetadata()
                .build());
        try (ApiServerPods pods = new ApiServerPods(client, NODE)) {
            assertThatThrownBy(() -> pods.mark(pod, Map.of("a", "b"), Map.of()))
                    .isInstanceOfSatisfying(ClusterException.class, e -> assertThat(e.code())
                            .isEqualTo(ClusterException.Code.CONFLICT));
            var _ = client.resource(pod).withGracePeriod(0).delete();
            assertThatThrownBy(() -> pods.mark(pod, Map.of("a", "b"), Map.of()))
                    .isInstanceOfSatisfying(
                            ClusterException.class, e -> assertThat(e.code()).isEqualTo(ClusterException.Code.GONE));
        }
    }

    @Test
    void theNodeIsChangedByOneRequest() throws Exception {
        var _ = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .addToLabels("gone", "soon")
                        .endMetadata()
                        .build())
                .create();
        server.access().forgetRequests();
        try (ApiServerNode node = new ApiServerNode(client, NODE)) {
            node.patch(Map.of("migpool.io/test", "yes"));
            node.labels().patch(Map.of("new", "label"), Set.of("gone"));
            node.cordon().set();
        }
        assertThat(verbs()).containsExactly("patch");
        assertThat(server.access().requests().values()).containsExactly(3L);
        var changed = client.nodes().withName(NODE).get();
        assertThat(changed.getMetadata().getAnnotations()).containsEntry("migpool.io/test", "yes");
        assertThat(changed.getMetadata().getLabels())
                .containsEntry("new", "label")
                .doesNotContainKey("gone");
        assertThat(changed.getSpec().getUnschedulable()).isTrue();
    }
}
