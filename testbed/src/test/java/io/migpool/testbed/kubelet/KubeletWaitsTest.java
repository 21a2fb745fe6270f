package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.testbed.apiserver.faults.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long kubelet waits, with its own times. */
class KubeletWaitsTest {

    private static final Map<String, String> ONE_GPU = Map.of(GPU, "1");
    private static final Duration API_RETRY = Duration.ofMillis(500);

    private final NodeFixture node = new NodeFixture(2);

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void aFailedStartIsTriedAgainAfterTenToFifteenSecondsEachTimeDrawnAnew() {
        node.plugin.onPreStart = _ -> Optional.of("not yet");
        node.run(pod("patient", ONE_GPU));

        var waits = new ArrayList<Duration>();
        for (var tries = 1; tries <= 8; tries++) {
            var expected = tries;
            await().atMost(SOON).until(() -> node.plugin.preStarted.size() == expected);
            waits.add(node.time.pass(Duration.ofSeconds(10), Duration.ofSeconds(15)));
        }

        assertThat(waits).doesNotHaveDuplicates();
        await().atMost(SOON).until(() -> node.plugin.preStarted.size() == 9);
    }

    @Test
    void aCrashLoopBacksOffFromTenSecondsToFiveMinutes() {
        node.run(pod("looping", Map.of()));
        crash(1);

        var starts = 2;
        for (var seconds : new int[] {10, 20, 40, 80, 160, 300, 300}) {
            crash(starts++);
            node.time.pass(Duration.ofSeconds(seconds));
        }
        await().atMost(SOON).until(() -> node.started.size() == 9);
    }

    @ParameterizedTest
    @CsvSource({"600000, 20", "600001, 0"})
    void aContainerThatRunsForMoreThanTenMinutesBeginsAnew(long ranMillis, int seconds) {
        node.run(pod("looping", Map.of()));
        crash(1);
        crash(2);
        node.time.pass(Duration.ofSeconds(10));
        await().atMost(SOON).until(() -> node.started.size() == 3);
        node.time.forward(Duration.ofMillis(ranMillis));

        crash(3);

        if (seconds > 0) {
            node.time.pass(Duration.ofSeconds(seconds));
        }
        await().atMost(SOON).until(() -> node.started.size() == 4);
    }

    @Test
    void aRestartedKubeletHasForgottenTheCrashes() {
        node.run(pod("looping", Map.of()));
        crash(1);
        crash(2);
        node.awaitWaiting("looping", "main", "CrashLoopBackOff");

        node.kubelet.restart();

        await().atMost(SOON).until(() -> node.started.size() == 3);
        crash(3);
        await().atMost(SOON).until(() -> node.started.size() == 4);
    }

    @ParameterizedTest
    @CsvSource({"45, 300, 45, 137", "45, 3, 3, 0", "0, 300, 0, 137"})
    void aDeletedPodGetsTheGraceThatItAsksForAndNoMoreThanItNeeds(long grace, int needs, int seconds, int exitCode) {
        node.run(stopping("leaving", needs)
                .editMetadata()
                .withFinalizers("example.com/look")
                .endMetadata()
                .editSpec()
                .withTerminationGracePeriodSeconds(grace)
                .endSpec());
        node.awaitPhase("leaving", "Running");

        node.api.delete("leaving");

        if (seconds > 0) {
            node.time.pass(Duration.ofSeconds(seconds));
        }
        await().atMost(SOON).until(() -> node.stopped.size() == 1);
        await().atMost(SOON)
                .until(() -> node.status("leaving", "main").getState().getTerminated() != null);
        assertThat(node.status("leaving", "main").getState().getTerminated().getExitCode())
                .isEqualTo(exitCode);
    }

    @Test
    void theGraceOfTheDeletionGoesBeforeThatOfThePod() {
        node.run(stopping("leaving", 300));
        node.awaitPhase("leaving", "Running");

        node.api.client.pods().withName("leaving").withGracePeriod(7).delete();

        node.time.pass(Duration.ofSeconds(7));
        await().atMost(SOON).until(() -> !node.api.exists("leaving"));
    }

    @Test
    void aSidecarIsAskedToStopOnceTheOthersHaveStopped() {
        node.run(stopping("assisted", 3)
                .editSpec()
                .withInitContainers(container("sidecar", Map.of())
                        .withRestartPolicy("Always")
                        .build())
                .endSpec());
        node.awaitPhase("assisted", "Running");

        node.api.delete("assisted");
        node.time.pass(Duration.ofSeconds(3));
        await().atMost(SOON).until(() -> node.stopped.size() == 1);
        node.time.pass(Duration.ofSeconds(3));

        await().atMost(SOON).until(() -> !node.api.exists("assisted"));
        assertThat(node.stopped).extracting(RunningContainer::container).containsExactly("main", "sidecar");
    }

    @Test
    void aStatusThatTheApiServerRefusesIsWrittenAgainSoon() {
        node.api.faults().inject(Faults.Match.of("patch", "pods/status"), new Faults.Effect.Refuse(503), 1);
        node.run(pod("late", Map.of()));

        node.time.pass(API_RETRY);

        node.awaitPhase("late", "Running");
    }

    @Test
    void aNodeStatusThatTheApiServerRefusesIsWrittenAgainSoon() {
        node.api.faults().inject(Faults.Match.of("patch", "nodes/status"), new Faults.Effect.Refuse(503), 1);
        node.plugin.announce(7);

        node.time.pass(API_RETRY);

        node.awaitAllocatable(7);
    }

    @Test
    void aStatusThatLostARaceIsWrittenAgainSoon() {
        node.api.faults().inject(Faults.Match.of("patch", "pods/status"), new Faults.Effect.Conflict(), 1);
        node.run(pod("outrun", Map.of()));

        node.time.pass(API_RETRY);

        node.awaitPhase("outrun", "Running");
    }

    @Test
    void aStatusThatALateRequestOverwritesIsWrittenAgain() {
        node.run(pod("overwritten", Map.of()));
        node.awaitPhase("overwritten", "Running");

        var version = node.api
                .client
                .pods()
                .withName("overwritten")
                .editStatus(pod -> new PodBuilder(pod)
                        .editStatus()
                        .withPhase("Pending")
                        .withContainerStatuses()
                        .endStatus()
                        .build())
                .getMetadata()
                .getResourceVersion();

        await().atMost(SOON).until(() -> !node.api
                .get("overwritten")
                .getMetadata()
                .getResourceVersion()
                .equals(version));
        node.awaitPhase("overwritten", "Running");
        assertThat(node.status("overwritten", "main").getState().getRunning()).isNotNull();
    }

    @Test
    void anAllocateMayTakeAsLongAsItLikes() {
        node.run(pod("patient", ONE_GPU));

        node.awaitPhase("patient", "Running");
        assertThat(node.plugin.allocateWasLimited).isFalse();
    }

    @Test
    void aPreStartMayTakeThirtySeconds() {
        node.run(pod("timed", ONE_GPU));

        node.awaitPhase("timed", "Running");
        assertThat(node.plugin.preStartLimits).singleElement().satisfies(limit -> assertThat(limit)
                .isBetween(Duration.ofSeconds(25), Duration.ofSeconds(30)));
    }

    /** Crashes the pod's container once it has been started so many times. */
    private void crash(int starts) {
        await().atMost(SOON).until(() -> node.started.size() == starts);
        node.kubelet.crashContainer("default", "looping", "main");
    }

    private static PodBuilder stopping(String name, int seconds) {
        return pod(name, Map.of())
                .editMetadata()
                .addToAnnotations("testbed.migpool.io/stop-after", seconds + "s")
                .endMetadata();
    }
}
