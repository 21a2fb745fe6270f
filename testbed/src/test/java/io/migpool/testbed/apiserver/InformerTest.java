package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InformerTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void anInformerSeesWhatWasThereAndWhatComes() {
        cluster.create(ClusterFixture.pod("early").build());
        try (SharedIndexInformer<Pod> informer =
                cluster.client.pods().inAnyNamespace().inform()) {
            await().until(() -> informer.getStore().getByKey("default/early") != null);

            Pod late = cluster.create(ClusterFixture.pod("late").build());
            await().until(() -> informer.getStore().getByKey("default/late") != null);

            cluster.bind(late, "node-a", Map.of("note", "here"));
            await().untilAsserted(() -> assertThat(informer.getStore()
                            .getByKey("default/late")
                            .getSpec()
                            .getNodeName())
                    .isEqualTo("node-a"));

            cluster.client.pods().withName("early").withGracePeriod(0).delete();
            await().until(() -> informer.getStore().getByKey("default/early") == null);
        }
    }

    @Test
    void anInformerOfOneNodeSeesAPodWhenItIsBoundThere() {
        try (SharedIndexInformer<Pod> informer =
                cluster.client.pods().withField("spec.nodeName", "node-a").inform()) {
            Pod pod = cluster.create(ClusterFixture.pod("web").build());
            cluster.bind(pod, "node-a", Map.of());
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> informer.getStore().list().size() == 1);
        }
    }
}
