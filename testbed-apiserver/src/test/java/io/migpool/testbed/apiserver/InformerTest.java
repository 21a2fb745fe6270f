package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
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
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> informer.getStore().list().size() == 1);
        }
    }

    @Test
    void aWatchThatEndedWithoutAnEventIsTakenUpAgain() {
        AtomicReference<String> failed = new AtomicReference<>("");
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Watch watch = cluster.client
                .pods()
                .watch(new ListOptionsBuilder().withTimeoutSeconds(1L).build(), new Watcher<Pod>() {
                    @Override
                    public void eventReceived(Action action, Pod pod) {
                        seen.add(pod.getMetadata().getName());
                    }

                    @Override
                    public void onClose(WatcherException cause) {
                        failed.set(cause.toString());
                    }
                })) {
            await().until(() -> cluster.server.access().requests().entrySet().stream()
                    .anyMatch(request -> request.getKey().verb().equals("watch") && request.getValue() >= 2));
            cluster.create(ClusterFixture.pod("late").build());

            await().until(() -> seen.contains("late"));
        }
        assertThat(failed.get()).isEmpty();
    }

    @Test
    void anInformerGoesOnAfterItsWatchesWereDroppedAndItsHistoryForgotten() {
        try (SharedIndexInformer<Pod> informer = cluster.client.pods().inform()) {
            cluster.server.faults().dropWatches();
            cluster.server.faults().forgetHistory();
            cluster.create(ClusterFixture.pod("after").build());

            await().until(() -> informer.getStore().getByKey("default/after") != null);
        }
    }
}
