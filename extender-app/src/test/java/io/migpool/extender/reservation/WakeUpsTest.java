package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pods that the scheduler asked about a moment before this replica heard of new room. */
class WakeUpsTest {

    private final Scheduling scheduling = new Scheduling().node("n1", Boards.a10080("a", 0));
    private final List<String> woken = new ArrayList<>();
    private final WakeUps wakeUps =
            new WakeUps(scheduling.context, scheduling.waiting, scheduling.filter, (pod, now) -> woken.add(pod.name()));

    private Pod occupant() {
        Pod pod = scheduling.create("occupant", "gpu", "1");
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        scheduling.show(pod);
        return pod;
    }

    private Pod refused(String name) {
        Pod pod = scheduling.create(name, "gpu", "1", "gpumem", "8000");
        assertThat(scheduling.filter(pod, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        return pod;
    }

    private void after(Duration time) {
        scheduling.pass(time);
        wakeUps.round();
    }

    @Test
    void aPodRefusedBeforeTheReplicaHeardOfRoomIsWokenOnce() {
        Pod occupant = occupant();
        refused("late");
        scheduling.delete(occupant);
        wakeUps.round();
        assertThat(woken).as("the scheduler may be about to ask").isEmpty();
        after(Duration.ofSeconds(1));
        assertThat(woken).containsExactly("late");
        after(Duration.ofMillis(900));
        assertThat(woken).hasSize(1);
    }

    @Test
    void nobodyIsWokenWhileThereIsNoRoom() {
        occupant();
        refused("waits");
        scheduling.node("n2", Boards.a10080("b", 0));
        after(Duration.ofMinutes(1));
        assertThat(woken).as("n2 has room, but the scheduler did not offer it").isEmpty();
    }

    @Test
    void howManyNodesAPodMayUseDoesNotMatter() {
        Pod occupant = occupant();
        scheduling.node("n2", Boards.a10080("b", 0));
        List<String> candidates = new ArrayList<>(
                IntStream.range(0, 1000).mapToObj(i -> "unknown-" + i).toList());
        candidates.add("n1");
        Pod pod = scheduling.create("picky", "gpu", "1", "gpumem", "8000");
        assertThat(scheduling.filter.filter(pod, candidates)).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.node("n3", Boards.a10080("c", 0));
        after(Duration.ofMinutes(1));
        assertThat(woken).as("n2 and n3 have room, but are not among its nodes").isEmpty();
        scheduling.delete(occupant);
        after(Duration.ofSeconds(1));
        assertThat(woken).containsExactly("picky");
    }

    @Test
    void roomThatIsPromisedToAnotherIsNone() {
        Pod occupant = occupant();
        refused("late");
        scheduling.delete(occupant);
        scheduling.fits(scheduling.create("first", "gpu", "1"), "n1");
        after(Duration.ofSeconds(5));
        assertThat(woken).isEmpty();
        after(SchedulingSettings.DEFAULT.holdTime());
        assertThat(woken).as("the promise has lapsed").containsExactly("late");
    }

    @Test
    void roomThatAnotherGaveUpIsRoomThoughNothingElseHasChanged() {
        Pod occupant = occupant();
        refused("late");
        scheduling.delete(occupant);
        Pod first = scheduling.create("first", "gpu", "1");
        scheduling.fits(first, "n1");
        after(Duration.ofSeconds(5));
        scheduling.book.release(first.getMetadata().getUid());
        after(Duration.ofSeconds(1));
        assertThat(woken).containsExactly("late");
    }

    @Test
    void aPodIsLookedAtWithWhatItAsksForNow() {
        Pod picky = KubernetesObjects.pod("picky", "gpu", "1", "gpumem", "8000");
        picky.getMetadata().setAnnotations(Map.of(Annotations.USE_GPU_UUID, "another"));
        scheduling.cluster.podChanged(picky);
        assertThat(scheduling.filter(picky, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        after(Duration.ofSeconds(2));
        assertThat(woken).isEmpty();

        scheduling.cluster.podChanged(KubernetesObjects.pod("picky", "gpu", "1", "gpumem", "8000"));

        after(Duration.ofSeconds(1));
        assertThat(woken).containsExactly("picky");
    }

    @Test
    void aPodThatEndedWhileItWasRefusedIsNotWoken() {
        Pod occupant = occupant();
        Pod ended = scheduling.create("ended", "gpu", "1", "gpumem", "8000");
        scheduling.delete(ended);
        assertThat(scheduling.filter(ended, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.delete(occupant);
        after(Duration.ofSeconds(1));
        assertThat(woken).isEmpty();
    }

    @Test
    void aPodThatIsPlacedOrGoneIsLeftAlone() {
        Pod occupant = occupant();
        Pod placed = refused("placed");
        Pod gone = refused("gone");
        scheduling.delete(occupant);
        scheduling.fits(placed, "n1");
        scheduling.delete(gone);
        after(Duration.ofSeconds(5));
        assertThat(woken).isEmpty();
    }

    @Test
    void aPodThatIsWokenToNoAvailIsWokenLessAndLessOften() {
        Pod occupant = occupant();
        Pod stubborn = refused("stubborn");
        scheduling.delete(occupant);
        for (int second = 0; second < 300; second++) {
            after(Duration.ofSeconds(1));
        }
        assertThat(woken).containsOnly("stubborn").hasSizeBetween(5, 12);
        assertThat(scheduling.fits(stubborn, "n1")).containsExactly("n1");
    }

    @Test
    void aPodThatTheSchedulerHasNotAskedAboutForLongIsAnothersConcern() {
        Pod occupant = occupant();
        refused("forgotten");
        scheduling.pass(Duration.ofMinutes(7));
        scheduling.delete(occupant);
        after(Duration.ofSeconds(1));
        assertThat(woken).isEmpty();
    }

    @Test
    void oneRoundWakesAFewAndTheNextOnesTheOthers() {
        Pod occupant = occupant();
        for (int i = 0; i < 25; i++) {
            refused("p" + i);
        }
        scheduling.delete(occupant);
        after(Duration.ofSeconds(1));
        assertThat(woken).hasSize(10).startsWith("p0", "p1");
        after(Duration.ofMillis(1));
        after(Duration.ofMillis(1));
        assertThat(woken).hasSize(25).doesNotHaveDuplicates();
    }

    @Test
    void podsThatWantTheSameAreLookedAtOnce() {
        occupant();
        for (int i = 0; i < 300; i++) {
            refused("p" + i);
        }
        Pod other = scheduling.create("other", "gpu", "1", "gpumem", "30000");
        assertThat(scheduling.filter(other, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        Pod elsewhere = scheduling.create("elsewhere", "gpu", "1", "gpumem", "8000");
        assertThat(scheduling.filter(elsewhere, "n1", "n2")).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.pass(Duration.ofSeconds(1));
        scheduling.node("n2", Boards.a10080("b", 0));
        List<String> looked = new ArrayList<>();

        counting(looked, Duration.ZERO).round();

        assertThat(looked).containsExactly("p0", "other", "elsewhere");
        assertThat(woken).containsExactly("elsewhere");
        counting(looked, Duration.ZERO).round();
        assertThat(looked).as("nothing has changed since").hasSize(3);
    }

    @Test
    void aRoundEndsInTimeAndTheNextOneGoesOnWithThoseWhoseTurnItIs() {
        occupant();
        for (int i = 0; i < 20; i++) {
            Pod pod = scheduling.create("p" + i, "gpu", "1", "gpumem", Integer.toString(8000 + i));
            assertThat(scheduling.filter(pod, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        }
        scheduling.pass(Duration.ofSeconds(1));
        List<String> looked = new ArrayList<>();
        WakeUps slow = counting(looked, Duration.ofMillis(20));
        for (int round = 0; round < 7; round++) {
            scheduling.node("n2", round % 2 == 0 ? Boards.a10080("b", 0) : Boards.a30("c", 0));
            slow.round();
            assertThat(looked).hasSize(3 * (round + 1));
        }
        assertThat(looked.subList(0, 20)).doesNotHaveDuplicates();
    }

    @Test
    void roomOfABoundPodThatTheWatchNeverShowedWakesOnceItIsKnownToBeGone() {
        Pod waiting = scheduling.create("waiting", "gpu", "1");
        Pod unseen = scheduling.api.put(KubernetesObjects.pod("unseen", "gpu", "1"));
        scheduling.fits(unseen, "n1");
        assertThat(scheduling.bind(unseen, "n1")).isEmpty();
        scheduling.api.delete(unseen);
        assertThat(scheduling.filter(waiting, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        scheduling.pass(Duration.ofSeconds(10));
        wakeUps.round();
        assertThat(woken).isEmpty();

        scheduling.binder.settle();
        wakeUps.round();
        assertThat(woken).containsExactly("waiting");
    }

    private WakeUps counting(List<String> looked, Duration each) {
        return new WakeUps(
                scheduling.context,
                scheduling.waiting,
                (pod, demand, nodes) -> {
                    looked.add(pod.name());
                    scheduling.pass(each);
                    return scheduling.filter.room(pod, demand, nodes);
                },
                (pod, now) -> woken.add(pod.name()));
    }
}
