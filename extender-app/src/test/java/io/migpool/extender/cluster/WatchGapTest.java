package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.FakeApiServer;
import io.migpool.extender.KubernetesObjects;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events that an interrupted watch never delivers. */
class WatchGapTest {

    private static final Duration REQUEST = Duration.ofSeconds(60);

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
    private FakeApiServer api;
    private KubernetesClient client;
    private ClusterInformers informers;
    private ApiServerReads reads;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        api = new FakeApiServer();
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(api.kubeconfig(directory.resolve("kubeconfig")))))
                .build();
        reads = new ApiServerReads(client, REQUEST, "kube-system/hami-scheduler", Clock.systemUTC());
        informers = ClusterInformers.start(client, state);
        await().until(state::synced);
    }

    @AfterEach
    void stop() {
        informers.close();
        client.close();
        api.close();
    }

    @Test
    void aPodThatLivedAndDiedWithinTheGapIsForgottenOnceAllAreListedAgain() {
        Pod pod = bound("short");
        api.putUnseen(pod);
        assertThat(reads.boundPods(state::podChanged)).isEmpty();
        assertThat(state.pod("uid-short")).isPresent();
        api.deleteUnseen(pod);
        api.putUnseen(bound("later"));

        interruptUntilAllAreListedAgain();

        await().until(() -> state.pod("uid-short").isEmpty());
    }

    @Test
    void aPodThatIsReadWithinTheGapAndLivesOnStays() {
        api.putUnseen(bound("alive"));
        assertThat(reads.boundPods(state::podChanged)).isEmpty();
        api.putUnseen(bound("later"));

        interruptUntilAllAreListedAgain();

        await().until(() -> {
            api.put(bound("last"));
            return state.pod("uid-last").isPresent();
        });
        assertThat(state.pod("uid-alive")).isPresent();
    }

    @Test
    void aPodRecreatedWithinTheGapFreesWhatItsPredecessorHad() {
        await().until(() -> {
            api.put(bound("web-0"));
            return state.pod("uid-web-0").isPresent();
        });
        api.putUnseen(new PodBuilder(bound("web-0"))
                .editMetadata()
                .withUid("another")
                .endMetadata()
                .build());
        api.putUnseen(bound("later"));

        interruptUntilAllAreListedAgain();

        await().until(() -> state.pod("another").isPresent());
        assertThat(state.pod("uid-web-0")).isEmpty();
    }

    /** Repeats until it takes effect: the watch may not have begun yet. */
    private void interruptUntilAllAreListedAgain() {
        await().until(() -> {
            api.interruptPodWatches();
            return state.pod("uid-later").isPresent();
        });
    }

    private static Pod bound(String name) {
        return new PodBuilder(KubernetesObjects.pod(name, "gpu", "1"))
                .editSpec()
                .withNodeName("n")
                .endSpec()
                .build();
    }
}
