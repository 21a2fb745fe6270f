package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeletLifecycleTest {

    private static final Map<String, String> ONE_GPU = Map.of(GPU, "1");

    private final NodeFixture node = new NodeFixture(2);

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void aPodThatRunsForAWhileSucceeds() {
        node.run(policy(annotated("brief", "run-for", "10m"), "Never"));

        node.time.pass(Duration.ofMinutes(10));
        node.awaitPhase("brief", "Succeeded");
        assertThat(node.status("brief", "main").getState().getTerminated().getReason())
                .isEqualTo("Completed");
        assertThat(node.stopped).hasSize(1);
    }

    @Test
    void aPodWhoseContainerEndsWithAnErrorFailsWhenItMustNotRestart() {
        var pod = annotated("bad", "run-for", "500ms")
                .editMetadata()
                .addToAnnotations("testbed.migpool.io/exit-code", "3")
                .endMetadata();

        node.run(policy(pod, "Never"));

        node.time.pass(Duration.ofMillis(500));
        node.awaitPhase("bad", "Failed");
        assertThat(node.status("bad", "main").getState().getTerminated().getExitCode())
                .isEqualTo(3);
    }

    @Test
    void onFailureRestartsAfterAnErrorAndEndsAfterASuccess() {
        node.run(policy(pod("retrying", Map.of()), "OnFailure"));
        node.awaitPhase("retrying", "Running");

        node.kubelet.crashContainer("default", "retrying", "main");
        await().atMost(SOON).until(() -> node.started.size() == 2);
        node.kubelet.completePod("default", "retrying");

        node.awaitPhase("retrying", "Succeeded");
    }

    @Test
    void aPodThatAlwaysRestartsCannotBeCompleted() {
        node.run(pod("eternal", Map.of()));
        node.awaitPhase("eternal", "Running");

        assertThatThrownBy(() -> node.kubelet.completePod("default", "eternal"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("restartPolicy")
                .hasMessageContaining("Always");
    }

    @Test
    void initContainersRunOneAfterTheOtherBeforeTheAppContainers() {
        node.run(annotated("ordered", "init-run-for", "2s")
                .editSpec()
                .withInitContainers(
                        container("one", Map.of()).build(),
                        container("two", Map.of()).build())
                .endSpec());

        node.time.pass(Duration.ofSeconds(2));
        node.time.pass(Duration.ofSeconds(2));
        node.awaitPhase("ordered", "Running");
        assertThat(node.started).extracting(RunningContainer::container).containsExactly("one", "two", "main");
    }

    @Test
    void aSidecarStopsAfterTheAppContainersAndDoesNotKeepThePodAlive() {
        var sidecar = container("sidecar", Map.of()).withRestartPolicy("Always").build();
        node.run(policy(annotated("served", "run-for", "2s"), "Never")
                .editSpec()
                .withInitContainers(sidecar)
                .endSpec());

        node.time.pass(Duration.ofSeconds(2));
        node.awaitPhase("served", "Succeeded");
        assertThat(node.started).extracting(RunningContainer::container).containsExactly("sidecar", "main");
        assertThat(node.stopped).extracting(RunningContainer::container).containsExactly("main", "sidecar");
    }

    @Test
    void aDeletedPodIsThereUntilItsContainersHaveEnded() {
        node.run(graceful("leaving", Map.of()));
        node.awaitPhase("leaving", "Running");

        node.api.delete("leaving");

        await().atMost(SOON).until(() -> node.api.get("leaving").getMetadata().getDeletionTimestamp() != null);
        assertThat(node.kubelet.containers("default", "leaving")).hasSize(1);
        node.kubelet.crashContainer("default", "leaving", "main");
        await().atMost(SOON).until(() -> !node.api.exists("leaving"));
        assertThat(node.kubelet.containers()).isEmpty();
        assertThat(node.stopped).hasSize(1);
    }

    @Test
    void aContainerThatDoesNotStopIsKilledAtTheEndOfTheGracePeriod() {
        node.run(annotated("stubborn", "stop-after", "5m")
                .editMetadata()
                .withFinalizers("example.com/look")
                .endMetadata());
        node.awaitPhase("stubborn", "Running");

        node.api.delete("stubborn");

        node.time.pass(Duration.ofSeconds(30));
        await().atMost(SOON)
                .until(
                        () -> Optional.ofNullable(node.status("stubborn", "main")
                                        .getState()
                                        .getTerminated())
                                .map(ContainerStateTerminated::getExitCode),
                        Optional.of(137)::equals);
    }

    @ParameterizedTest
    @CsvSource({"20s, 20, 10", "29s, 29, 2", "40s, 30, 2"})
    void aSidecarHasWhatTheAppContainersLeaveOfTheGracePeriodAndAtLeastTwoSeconds(
            String stopAfter, long appSeconds, long sidecarSeconds) {
        var sidecar = container("sidecar", Map.of()).withRestartPolicy("Always").build();
        node.run(annotated("shared", "stop-after", stopAfter)
                .editMetadata()
                .withFinalizers("example.com/look")
                .endMetadata()
                .editSpec()
                .withInitContainers(sidecar)
                .endSpec());
        node.awaitPhase("shared", "Running");

        node.api.delete("shared");

        node.time.pass(Duration.ofSeconds(appSeconds));
        node.time.pass(Duration.ofSeconds(sidecarSeconds));
        await().atMost(SOON).until(() -> node.stopped.size() == 2);
        await().atMost(SOON)
                .until(
                        () -> Optional.ofNullable(node.api
                                        .get("shared")
                                        .getStatus()
                                        .getInitContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getTerminated())
                                .map(ContainerStateTerminated::getExitCode),
                        Optional.of(137)::equals);
    }

    @Test
    void theIdsOfADeletedPodStayTakenUntilItsContainersHaveEnded() {
        var leaving = node.run(graceful("leaving", Map.of(GPU, "2")));
        node.awaitPhase("leaving", "Running");

        node.api.delete("leaving");
        node.run(pod("impatient", ONE_GPU));

        node.awaitPhase("impatient", "Failed");
        assertThat(node.checkpointed(leaving, "main")).hasSize(2);
        node.kubelet.crashContainer("default", "leaving", "main");
        await().atMost(SOON).until(() -> !node.api.exists("leaving"));
        assertThat(node.checkpointed(leaving, "main"))
                .as("written at the next allocation only")
                .hasSize(2);
        node.run(pod("next", ONE_GPU));
        node.awaitPhase("next", "Running");
        assertThat(node.checkpointed(leaving, "main")).isEmpty();
    }

    @Test
    void aForceDeletedPodLeavesItsContainerRunningUntilItIsReapedThoughItsIdsAreFree() {
        var ghost = node.run(pod("ghost", Map.of(GPU, "2")));
        node.awaitPhase("ghost", "Running");

        node.kubelet.forceDelete("default", "ghost");

        await().atMost(SOON).until(() -> !node.api.exists("ghost"));
        await("its ids are free").atMost(SOON).until(() -> node.podResources().getPodResourcesCount() == 0);
        assertThat(node.kubelet.containers("default", "ghost")).hasSize(1);
        node.run(pod("heir", Map.of(GPU, "2")));
        node.awaitPhase("heir", "Running");
        assertThat(node.checkpointed(ghost, "main")).isEmpty();

        node.kubelet.reapOrphans();

        assertThat(node.kubelet.containers("default", "ghost")).isEmpty();
        assertThat(node.kubelet.containers("default", "heir")).hasSize(1);
    }

    @Test
    void aPodThatIsDeletedWhileItsPreStartRunsNeverStarts() {
        var release = new CountDownLatch(1);
        node.plugin.onPreStart = ids -> {
            try {
                release.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        };
        node.run(pod("aborted", ONE_GPU));
        await().atMost(SOON).until(() -> node.plugin.preStarted.size() == 1);

        node.api.delete("aborted");
        await().atMost(SOON).until(() -> node.api.get("aborted").getMetadata().getDeletionTimestamp() != null);
        release.countDown();

        await().atMost(SOON).until(() -> !node.api.exists("aborted"));
        assertThat(node.started).isEmpty();
    }

    private static PodBuilder annotated(String name, String annotation, String value) {
        return pod(name, Map.of())
                .editMetadata()
                .addToAnnotations("testbed.migpool.io/" + annotation, value)
                .endMetadata();
    }

    /** A pod that takes its time to stop, longer than a test waits. */
    private static PodBuilder graceful(String name, Map<String, String> limits) {
        return pod(name, limits)
                .editMetadata()
                .addToAnnotations("testbed.migpool.io/stop-after", "60m")
                .endMetadata()
                .editSpec()
                .withTerminationGracePeriodSeconds(3600L)
                .endSpec();
    }

    private static PodBuilder policy(PodBuilder pod, String policy) {
        return pod.editSpec().withRestartPolicy(policy).endSpec();
    }
}
