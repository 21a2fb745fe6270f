package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long containers may outlive the pod that they belong to. */
class PodPhaseTest {

    private static final long GRACE_SECONDS = 60;
    private static final Duration AS_LONG_AS_KUBELET_TAKES = Duration.ofSeconds(70);

    @ParameterizedTest
    @CsvSource({
        "Running, running",
        // Started a moment ago, for the first time or again after a crash, and kubelet has not told yet.
        "Pending, waiting",
        "Running, waiting",
        "Running, terminated",
        // Somebody who takes the node for dead calls its pods failed.
        "Failed, running"
    })
    void aPodOfWhichKubeletHasNotSaidThatItEndedMayRunOn(String phase, String container) {
        assertThat(PodPhase.runsOnFor(pod(phase, container))).isEqualTo(AS_LONG_AS_KUBELET_TAKES);
    }

    @ParameterizedTest
    @CsvSource({"Succeeded, terminated", "Failed, terminated", "Failed, waiting"})
    void aPodThatHasEndedRunsOnForNoTime(String phase, String container) {
        assertThat(PodPhase.runsOnFor(pod(phase, container))).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "9223372036854775807, 3610",
        "100000000000000000, 3610",
        "315360000, 3610",
        "3600, 3610",
        "-1, 10",
        "-9223372036854775808, 10"
    })
    void aGracePeriodIsBelievedWithinBounds(long seconds, long runsOnForSeconds) {
        Pod pod = new PodBuilder(pod("Running", "running"))
                .editSpec()
                .withTerminationGracePeriodSeconds(seconds)
                .endSpec()
                .build();

        assertThat(PodPhase.runsOnFor(pod)).hasSeconds(runsOnForSeconds);
        assertThat(PodPhase.runsOnFor(Duration.ofSeconds(seconds))).hasSeconds(runsOnForSeconds);
    }

    @ParameterizedTest
    @CsvSource({"9223372036854775807, 3610", "-5, 70"})
    void soIsTheGracePeriodOfADeletion(long seconds, long runsOnForSeconds) {
        Pod pod = new PodBuilder(pod("Running", "running"))
                .withNewMetadata()
                .withDeletionGracePeriodSeconds(seconds)
                .endMetadata()
                .build();

        assertThat(PodPhase.runsOnFor(pod)).hasSeconds(runsOnForSeconds);
    }

    private static Pod pod(String phase, String container) {
        return new PodBuilder()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(GRACE_SECONDS)
                .endSpec()
                .withNewStatus()
                .withPhase(phase)
                .addNewContainerStatus()
                .withName("main")
                .withState(state(container))
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static ContainerState state(String name) {
        ContainerStateBuilder state = new ContainerStateBuilder();
        return switch (name) {
            case "running" -> state.withNewRunning().endRunning().build();
            case "waiting" -> state.withNewWaiting().endWaiting().build();
            case "terminated" -> state.withNewTerminated().endTerminated().build();
            default -> throw new IllegalArgumentException(name);
        };
    }
}
