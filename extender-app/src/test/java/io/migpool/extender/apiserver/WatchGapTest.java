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
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events that an interrupted watch never delivers. */
class WatchGapTest {

    private static final Duration REQUEST = Duration.ofSeconds(60);

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
    private final TestCluster cluster = new TestCluster();
    private final ApiServerReads reads =
            new ApiServerReads(cluster.client(), REQUEST, "kube-system/hami-scheduler", InstantSource.system());
    private ClusterInformers informers;

    @BeforeEach
    void start() {
        informers = ClusterInformers.start(cluster.client(), state);
        await().until(state::synced);
    }

    @AfterEach
    void stop() {
        informers.close();
        cluster.close();
    }

    @Test
    void aPodThatLivedAndDiedWithinTheGapIsForgottenOnceAllAreListedAgain() {
        cluster.faults().stallWatches();
        Pod pod = cluster.put(bound("short"));
        readBoundPods();
        assertThat(isKnown(pod)).isTrue();
        cluster.delete(pod);

        listAllAgain();

        await().until(() -> !isKnown(pod));
    }

    @Test
    void aPodThatIsReadWithinTheGapAndLivesOnStays() {
        cluster.faults().stallWatches();
        Pod pod = cluster.put(bound("alive"));
        readBoundPods();

        listAllAgain();

        Pod last = cluster.put(bound("last"));
        await().until(() -> isKnown(last));
        assertThat(isKnown(pod)).isTrue();
    }

    @Test
    void aPodRecreatedWithinTheGapFreesWhatItsPredecessorHad() {
        Pod former = cluster.put(bound("web-0"));
        await().until(() -> isKnown(former));
        cluster.faults().stallWatches();
        cluster.delete(former);
        Pod recreated = cluster.put(bound("web-0"));

        listAllAgain();

        await().until(() -> isKnown(recreated));
        assertThat(isKnown(former)).isFalse();
    }

    private void readBoundPods() {
        assertThat(reads.boundPods(state::podChanged)).isEmpty();
    }

    /** What the watches missed is forgotten, so the informers have to list again. */
    private void listAllAgain() {
        Pod later = cluster.put(bound("later"));
        cluster.faults().forgetHistory();
        cluster.faults().resumeWatches();
        await().until(() -> isKnown(later));
    }

    private boolean isKnown(Pod pod) {
        return state.pod(pod.getMetadata().getUid()).isPresent();
    }

    private static Pod bound(String name) {
        return new PodBuilder(KubernetesObjects.pod(name, "gpu", "1"))
                .editSpec()
                .withNodeName("n")
                .endSpec()
                .build();
    }
}
