package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the watch of the node's pods tells. */
class ApiServerPodsTest {

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

    @Test
    void whenAllPodsHaveBeenToldTheyAreAllKnown() {
        List.of("a", "b").forEach(name -> {
            var _ = client.resource(pod(name)).create();
        });
        List<String> told = new CopyOnWriteArrayList<>();
        try (ApiServerPods pods = new ApiServerPods(client, NODE)) {
            pods.listen(new Pods.Listener() {
                @Override
                public void changed(Pod pod) {
                    told.add(pod.getMetadata().getName());
                }

                @Override
                public void gone(String uid, Duration runsOnFor) {}

                @Override
                public void listed() {
                    told.add("all " + pods.all().map(List::size).orElse(0));
                }
            });

            pods.start();

            await().untilAsserted(() -> assertThat(told).endsWith("all 2"));
            assertThat(told).containsExactlyInAnyOrder("a", "b", "all 2");
        }
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
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
}
