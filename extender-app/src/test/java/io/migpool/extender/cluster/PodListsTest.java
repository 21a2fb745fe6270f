package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pods in lists older than the watch's past or next events. */
class PodListsTest {

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
    private final Told told = new Told(this::taken);

    @BeforeEach
    void listen() {
        state.nodeChanged(KubernetesObjects.node("n", Boards.shared("a", 0, 10, 80_000)));
        state.addListener(told);
    }

    private int taken() {
        return state.node("n").orElseThrow().gpus().getFirst().takenPermille();
    }

    /** Creates a pod with a tenth of the GPU. */
    private static Pod bound(String name) {
        return KubernetesObjects.bound(
                KubernetesObjects.pod(name, "gpu", "1", "gpumem", "8000"),
                new Reservation(
                        "n",
                        Instant.ofEpochSecond(1),
                        new PodDevices(List.of(List.of(new AllocatedDevice("a", AllocatedDevice.NVIDIA, 8000, 0)))),
                        List.of()));
    }

    @Test
    void aListThatBeganBeforeAPodEndedDoesNotBringItBack() {
        Pod deleted = bound("deleted");
        state.podChanged(deleted);
        state.podGone("uid-deleted");
        state.podChanged(deleted);
        assertThat(taken()).isZero();

        Pod finished = bound("finished");
        state.podChanged(finished);
        state.podChanged(new PodBuilder(finished)
                .withNewStatus()
                .withPhase("Failed")
                .endStatus()
                .build());
        state.podChanged(finished);
        assertThat(taken()).isZero();
        assertThat(state.pods()).isEmpty();
        assertThat(told.all()).doesNotContain("bound uid-deleted at 0", "bound uid-finished at 0");
    }

    @Test
    void aListThatBeganBeforeAnUnknownPodFinishedDoesNotBringItBack() {
        Pod finished = bound("finished");
        state.podChanged(new PodBuilder(finished)
                .withNewStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build());
        state.podChanged(finished);
        assertThat(taken()).isZero();
    }

    @Test
    void aPodKnownOnlyFromAnotherListEndsWithTheWatchsNextListThatLacksIt() {
        state.podChanged(version(bound("deleted-in-the-gap"), 8));
        state.podChanged(version(bound("alive"), 9));
        state.podChanged(version(bound("bound-after-the-list"), 11));
        assertThat(taken()).isEqualTo(300);

        state.allPodsListed("10", pod -> pod.name().equals("alive"));

        assertThat(state.pods())
                .extracting(entry -> entry.key().name())
                .containsExactlyInAnyOrder("alive", "bound-after-the-list");
        assertThat(taken()).isEqualTo(200);
        assertThat(told.all()).contains("gone uid-deleted-in-the-gap at 200");
    }

    @Test
    void aPageOlderThanTheWatchsListBringsBackNothingThatTheListLacks() {
        state.allPodsListed("10", pod -> pod.name().equals("alive"));
        state.podChanged(version(bound("deleted-in-the-gap"), 8));
        state.podChanged(version(bound("alive"), 9));
        state.podChanged(version(bound("bound-after-the-list"), 11));
        assertThat(state.pods())
                .extracting(entry -> entry.key().name())
                .containsExactlyInAnyOrder("alive", "bound-after-the-list");
    }

    @Test
    void podsThatAreListedAgainTakeNoMoreMemory() {
        state.podChanged(version(bound("p"), 8));
        PodEntry first = state.pod("uid-p").orElseThrow();

        state.podChanged(version(bound("p"), 9));

        assertThat(state.pod("uid-p")).containsSame(first);
    }

    @Test
    void fromAListWhoseVersionCannotBeComparedNothingFollows() {
        state.podChanged(version(bound("p"), 8));
        state.allPodsListed("opaque", pod -> false);
        assertThat(taken()).isEqualTo(100);
    }

    private static Pod version(Pod pod, int version) {
        return new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(Integer.toString(version))
                .endMetadata()
                .build();
    }
}
