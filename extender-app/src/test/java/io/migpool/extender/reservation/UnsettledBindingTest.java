package io.migpool.extender.reservation;

import static io.migpool.extender.reservation.BindingServer.Answer.LOSE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** Bindings without a clear outcome, and committed pods that the cluster view does not show yet. */
class UnsettledBindingTest {

    private static final Duration LANDING = SchedulingSettings.DEFAULT.landingTime();

    private final Scheduling scheduling =
            new Scheduling().node("n1", Boards.a10080("a", 0)).node("n2", Boards.a10080("b", 0));
    private final Pod pod = scheduling.create("p", "gpu", "1", "gpumem", "30000");

    private void loseAnswers() {
        scheduling.fits(pod, "n1");
        scheduling.answers.addAll(Collections.nCopies(8, LOSE));
        assertThat(scheduling.bind(pod, "n1")).contains("it is not yet known whether the pod is bound: timed out");
        scheduling.answers.clear();
        assertThat(scheduling.state(pod)).contains(Hold.State.BINDING);
    }

    @Test
    void aRepeatedBindAfterItsDeadlineKeepsTheRoomOfAnEarlierAttempt() {
        loseAnswers();
        Instant end = scheduling.binder.deadline();
        scheduling.pass(SchedulingSettings.DEFAULT.bindRetry().plusMillis(1));
        assertThat(scheduling.binder.bind(PodKey.of(pod.getMetadata()), "n1", end))
                .isPresent();
        assertThat(scheduling.state(pod)).contains(Hold.State.BINDING);
    }

    @Test
    void aRepeatedBindDoesNotTakeWhatAnotherReplicaHasGivenAwaySince() {
        loseAnswers();
        Plan plan = scheduling.book.of("uid-p").orElseThrow().plan();
        Pod other = KubernetesObjects.bound(
                KubernetesObjects.pod("q", "gpu", "1", "gpumem", "30000"), plan.toReservation(Instant.EPOCH));
        scheduling.cluster.podChanged(scheduling.api.put(other));

        assertThat(scheduling.bind(pod, "n1"))
                .contains(
                        "it is not yet known whether the pod is bound, and its place on n1 is not to be had any more");

        assertThat(scheduling.api.nodeOf(pod)).isEmpty();
        assertThat(scheduling.state(pod)).as("may still land").contains(Hold.State.BINDING);
        scheduling.pass(LANDING);
        scheduling.binder.settle();
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(plan.occupancy().parts())
                .doesNotContainAnyElementsOf(scheduling
                        .book
                        .of("uid-p")
                        .orElseThrow()
                        .plan()
                        .occupancy()
                        .parts());
    }

    @Test
    void anUnclearOutcomeKeepsTheRoomUntilItIsKnown() {
        loseAnswers();
        Pod other = scheduling.create("q", "gpu", "1");
        assertThat(scheduling.filter(other, "n1")).isInstanceOf(FilterOutcome.Retry.class);
        assertThat(scheduling.filter(pod, "n1", "n2"))
                .isEqualTo(new FilterOutcome.Retry("it is not yet known whether the pod is bound to n1"));
        scheduling.pass(Duration.ofMinutes(10));
        assertThat(scheduling.filter(other, "n1")).as("no lapse").isInstanceOf(FilterOutcome.Retry.class);
    }

    @Test
    void aPromiseToAPodThatHadEndedBeforeItWasRecordedLapsesByItself() {
        Pod ended = scheduling.create("ended", "gpu", "1");
        scheduling.delete(ended);
        scheduling.fits(ended, "n1");
        scheduling.pass(SchedulingSettings.DEFAULT.holdTime().minusSeconds(1));
        scheduling.binder.settle();
        assertThat(scheduling.state(ended)).contains(Hold.State.HELD);

        scheduling.pass(Duration.ofSeconds(1));
        scheduling.binder.settle();
        assertThat(scheduling.state(ended)).isEmpty();
    }

    @Test
    void anUnclearOutcomeIsSettledByReading() {
        loseAnswers();
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).as("may still land").contains(Hold.State.BINDING);

        Hold hold = scheduling.book.of("uid-p").orElseThrow();
        scheduling.api.land(
                hold.pod(),
                "n1",
                hold.plan().toReservation(scheduling.clock.instant()).toAnnotations());
        scheduling.api.readable = false;
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).as("server away").contains(Hold.State.BINDING);
        scheduling.api.readable = true;
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).contains(Hold.State.COMMITTED);
    }

    @Test
    void anAttemptThatThrowsLeavesAHoldThatIsSettledLater() {
        scheduling.fits(pod, "n1");
        scheduling.api.beforeBinding = () -> {
            throw new IllegalStateException("unforeseen");
        };
        assertThatThrownBy(() -> scheduling.bind(pod, "n1")).hasMessage("unforeseen");
        assertThat(scheduling.state(pod)).contains(Hold.State.BINDING);
        scheduling.pass(LANDING);
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void aBindingThatCanNoLongerLandIsReleased() {
        loseAnswers();
        scheduling.pass(LANDING);
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void anUnclearOutcomeEndsWithThePod() {
        loseAnswers();
        scheduling.server.remove("default/p");
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void theClusterViewSettlesAnUnclearOutcomeToo() {
        loseAnswers();
        Hold hold = scheduling.book.of("uid-p").orElseThrow();
        scheduling.api.land(
                hold.pod(),
                "n1",
                hold.plan().toReservation(scheduling.clock.instant()).toAnnotations());
        scheduling.show(pod);
        assertThat(scheduling.state(pod)).isEmpty();
        assertThat(scheduling.bind(pod, "n1")).as("repeated bind").isEmpty();
        assertThat(scheduling.bind(pod, "n2")).contains("the pod is already bound to n1");
    }

    @Test
    void aCommittedPodKeepsItsRoomUntilTheClusterViewShowsIt() {
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        Pod other = scheduling.create("q", "gpu", "2", "gpumem", "30000");
        assertThat(scheduling.filter(other, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.show(pod);
        assertThat(scheduling.filter(other, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.delete(pod);
        assertThat(scheduling.fits(other, "n1")).containsExactly("n1");
    }

    @Test
    void aCommittedPodThatIsGoneBeforeTheClusterViewShowsItGivesItsRoomBack() {
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        scheduling.pass(Duration.ofSeconds(30));
        scheduling.api.readable = false;
        scheduling.binder.settle();
        scheduling.api.readable = true;
        scheduling.binder.settle();
        scheduling.pass(Duration.ofSeconds(30));
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).as("alive, not shown yet").contains(Hold.State.COMMITTED);

        scheduling.server.remove("default/p");
        scheduling.pass(Duration.ofSeconds(30));
        scheduling.binder.settle();

        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void aCommittedPodThatHasEndedOrWasRecreatedGivesItsRoomBackToo() {
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        scheduling.server.computeIfPresent("default/p", (key, bound) -> new PodBuilder(bound)
                .withNewStatus()
                .withPhase("Failed")
                .endStatus()
                .build());
        scheduling.pass(Duration.ofSeconds(30));
        scheduling.binder.settle();
        assertThat(scheduling.state(pod)).isEmpty();

        Pod other = scheduling.create("q", "gpu", "1", "gpumem", "8000");
        scheduling.fits(other, "n1");
        scheduling.bind(other, "n1");
        scheduling.api.put(new PodBuilder(other)
                .editMetadata()
                .withUid("another")
                .endMetadata()
                .build());
        scheduling.pass(Duration.ofSeconds(30));
        scheduling.binder.settle();
        assertThat(scheduling.state(other)).isEmpty();
    }
}
