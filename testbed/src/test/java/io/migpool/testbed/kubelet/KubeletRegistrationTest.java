package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.NODE;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.migpool.testbed.TestApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubeletRegistrationTest {

    private static final Map<String, String> ONE_GPU = Map.of(TestApi.GPU, "1");

    private final NodeFixture node = new NodeFixture(3);

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void theNodeIsReadyAndShowsItsLabelsAndThePluginsDevices() {
        var shown = node.api.client.nodes().withName(NODE).require();

        assertThat(shown.getMetadata().getLabels())
                .containsEntry("kubernetes.io/hostname", NODE)
                .containsEntry("pool", "mig");
        assertThat(shown.getStatus().getConditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("Ready");
            assertThat(condition.getStatus()).isEqualTo("True");
        });
        assertThat(shown.getStatus().getAllocatable()).containsKeys("cpu", "memory", "pods");
        assertThat(node.capacity()).isEqualTo("3");
    }

    @Test
    void aLongerListRaisesTheCount() {
        node.plugin.announce(7);

        node.awaitAllocatable(7);
    }

    @Test
    void whenThePluginsStreamEndsItsDevicesStayAsCapacityButNoneCanBeHad() {
        node.plugin.endStream(0);

        node.awaitAllocatable(0);
        assertThat(node.capacity()).isEqualTo("3");
        node.run(pod("too-late", ONE_GPU));
        node.awaitPhase("too-late", "Failed");
        assertThat(node.api.get("too-late").getStatus().getMessage()).contains("cannot allocate unhealthy devices");
    }

    @Test
    void theEndOfAnOldStreamDisconnectsTheNewestRegistrationOfTheResource() {
        node.plugin.register();
        await().atMost(SOON).until(() -> node.plugin.openStreams() == 2);
        node.awaitAllocatable(3);

        node.plugin.endStream(0);

        node.awaitAllocatable(0);
        node.plugin.register();
        node.awaitAllocatable(3);
    }

    @Test
    void anUnknownVersionIsRefused() {
        assertThatThrownBy(() -> node.plugin.register("v2"))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("\"v2\" is not supported")
                .hasMessageContaining("v1beta1");
    }

    @Test
    void aPluginThatDoesNotListenIsRefused() throws IOException {
        try (var strict = new NodeFixture(1, timing -> timing.withDialTimeout(Duration.ofMillis(300)));
                var silent = new FakePlugin(strict.root.resolve("device-plugins"), "silent.sock", 1)) {
            Files.delete(strict.root.resolve("device-plugins/silent.sock"));

            assertThatThrownBy(silent::register)
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("silent.sock");
        }
    }

    @Test
    void aRestartKeepsContainersRemovesTheSocketsAndWantsANewRegistration() throws IOException {
        node.run(pod("steady", ONE_GPU));
        node.awaitPhase("steady", "Running");

        node.kubelet.restart(() -> {
            assertThat(node.root.resolve("device-plugins/kubelet.sock")).doesNotExist();
            assertThat(node.root.resolve("device-plugins/nvidia.sock")).doesNotExist();
            assertThat(node.root.resolve("device-plugins/kubelet_internal_checkpoint"))
                    .exists();
        });

        assertThat(node.root.resolve("device-plugins/kubelet.sock")).exists();
        node.awaitAllocatable(0);
        assertThat(node.capacity()).isEqualTo("0");
        assertThat(node.stopped).isEmpty();
        node.plugin.listenAndRegister();
        node.awaitAllocatable(3);
        assertThat(node.podResources().getPodResources(0).getName()).isEqualTo("steady");
    }

    @Test
    void betweenARestartAndTheRegistrationContainersStartWithoutPreStart() {
        node.run(pod("unlucky", ONE_GPU));
        node.awaitPhase("unlucky", "Running");

        node.kubelet.restart();
        node.kubelet.crashContainer("default", "unlucky", "main");

        await().atMost(SOON).until(() -> node.started.size() == 2);
        assertThat(node.plugin.preStarted).hasSize(1);
    }

    @Test
    void aRestartFailsAPodWhoseContainerWaitsToStartBeforeThePluginIsBack() {
        node.plugin.onPreStart = _ -> Optional.of("not yet");
        node.run(pod("waiting", ONE_GPU));
        node.awaitWaiting("waiting", "main", "CreateContainerConfigError");

        node.kubelet.restart();

        node.awaitPhase("waiting", "Failed");
        assertThat(node.api.get("waiting").getStatus().getReason()).isEqualTo("UnexpectedAdmissionError");
        assertThat(node.started).isEmpty();
    }

    @Test
    void aRestartFailsARunningPodWhoseInitContainerHadDevices() {
        node.run(pod("initialised", ONE_GPU)
                .editSpec()
                .addNewInitContainerLike(
                        pod("unused", ONE_GPU).buildSpec().getContainers().getFirst())
                .withName("init")
                .endInitContainer()
                .endSpec());
        node.awaitPhase("initialised", "Running");

        node.kubelet.restart();

        node.awaitPhase("initialised", "Failed");
        assertThat(node.api.get("initialised").getStatus().getMessage()).contains("no healthy devices present");
        await().atMost(SOON).until(() -> node.kubelet.containers().isEmpty());
    }

    @Test
    void aRebootLosesContainersSocketsAndCdiFilesAndFailsGpuPodsThatComeBeforeThePlugin() {
        node.run(pod("victim", ONE_GPU));
        node.run(pod("plain", Map.of()));
        node.awaitPhase("victim", "Running");
        node.awaitPhase("plain", "Running");
        node.writeCdi("old.json", "old", "A=1");
        var bootId = bootId();

        node.kubelet.reboot(() -> {
            assertThat(node.kubelet.containers()).isEmpty();
            assertThat(node.root.resolve("cdi/old.json")).doesNotExist();
        });

        node.awaitPhase("victim", "Failed");
        assertThat(node.api.get("victim").getStatus().getReason()).isEqualTo("UnexpectedAdmissionError");
        await().atMost(SOON).until(() -> node.status("plain", "main").getRestartCount(), Integer.valueOf(1)::equals);
        assertThat(bootId()).isNotEqualTo(bootId);
    }

    @Test
    void aPodSurvivesTheRebootWithItsDevicesIfThePluginIsBackBeforeItIsAdmitted() {
        var pod = node.run(pod("survivor", ONE_GPU));
        node.awaitPhase("survivor", "Running");
        var ids = node.checkpointed(pod, "main");

        rebootWithThePluginBackBeforeAdmission();

        await().atMost(SOON).until(() -> node.plugin.preStarted.size() == 2);
        node.awaitPhase("survivor", "Running");
        assertThat(node.plugin.allocated).as("the checkpoint answers instead").hasSize(1);
        assertThat(node.plugin.preStarted).containsExactly(ids, ids);
    }

    @Test
    void aPodWhoseDevicesAreSickAfterTheRebootFailsAlthoughOthersAreFree() throws IOException {
        var pod = node.run(pod("victim", ONE_GPU));
        node.awaitPhase("victim", "Running");
        node.plugin.sick = Set.copyOf(node.checkpointed(pod, "main"));

        rebootWithThePluginBackBeforeAdmission();

        node.awaitPhase("victim", "Failed");
        assertThat(node.api.get("victim").getStatus().getMessage())
                .contains("previously allocated devices are no longer healthy");
    }

    /** Waits for the plugin's devices in the API server while the node does not admit yet. */
    private void rebootWithThePluginBackBeforeAdmission() {
        node.kubelet.reboot(() -> {}, () -> {
            try {
                node.plugin.listenAndRegister();
            } catch (IOException unusable) {
                throw new UncheckedIOException(unusable);
            }
            node.awaitAllocatable(3 - node.plugin.sick.size());
        });
    }

    private String bootId() {
        return node.api
                .client
                .nodes()
                .withName(NODE)
                .require()
                .getStatus()
                .getNodeInfo()
                .getBootID();
    }
}
