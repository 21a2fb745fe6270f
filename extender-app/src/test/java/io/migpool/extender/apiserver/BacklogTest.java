package io.migpool.extender.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.TestCluster;
import io.migpool.extender.cluster.ClusterState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How far an informer may get ahead of its listener. */
class BacklogTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(1);

    @Test
    void whoFindsNoPlaceWaitsUntilOneIsLeft() throws InterruptedException {
        Backlog backlog = new Backlog(1, LONG);
        backlog.enter();
        Thread second = Thread.ofPlatform().daemon().start(backlog::enter);
        await().until(() -> second.getState() == Thread.State.TIMED_WAITING);

        backlog.leave();

        assertThat(second.join(LONG)).isTrue();
    }

    @Test
    void whatAListenerThatHangsLetInWithoutAPlaceLeavesNoneBehind() {
        Backlog backlog = new Backlog(1, SHORT);
        backlog.enter();
        backlog.enter();

        backlog.leave();
        assertThat(backlog.free()).isZero();

        backlog.leave();
        assertThat(backlog.free()).isEqualTo(1);
    }

    @Test
    void whatTheInformerQueuesIsCountedAndNothingElse() {
        Backlog backlog = new Backlog(3, SHORT);
        TrimmedStore<Pod> store = new TrimmedStore<>(Pod::new, backlog);

        store.put("team/p", ofVersion("1"));
        store.put("team/p", ofVersion("1"));
        store.put("team/p", ofVersion("2"));

        assertThat(backlog.free()).isEqualTo(1);
        assertThat(store.get("team/p")).isEqualTo(ofVersion("2"));
    }

    @Test
    void whoReadsAllObjectsGetsThemWithTheLeastRoomToo() {
        ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
        try (TestCluster cluster = new TestCluster()) {
            for (int pod = 0; pod < 20; pod++) {
                cluster.put(KubernetesObjects.pod("p" + pod, "gpu", "1"));
            }
            try (ClusterInformers _ = ClusterInformers.start(cluster.client(), state, 1)) {
                await().until(() -> state.synced() && state.pods().size() == 20);
            }
        }
    }

    private static Pod ofVersion(String version) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName("p")
                .withUid("u")
                .withResourceVersion(version)
                .endMetadata()
                .build();
    }
}
