package io.migpool.testbed.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The waits are those of kube-scheduler, and the clock stands still until a test moves it. */
class SchedulingQueueTest {

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Duration MOMENT = Duration.ofMillis(1);

    private long nanos = Long.MAX_VALUE - Duration.ofMinutes(1).toNanos();
    private int version;
    private final SchedulingQueue queue =
            new SchedulingQueue(Duration.ofSeconds(1), Duration.ofSeconds(10), LONGEST, () -> nanos);

    @Test
    void podsLeaveByPriorityAndThenByArrival() {
        put("first", 0);
        put("second", 0);
        put("important", 10);
        put("last", -1);
        put("first", 0);

        assertThat(List.of(next(), next(), next(), next())).containsExactly("important", "first", "second", "last");
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void attemptsAreCountedFromOne() {
        put("p", 0);

        for (int attempt = 1; attempt <= 3; attempt++) {
            assertThat(queue.poll()).map(SchedulingQueue.Turn::attempt).contains(attempt);
            queue.refused("p");
            queue.clusterEvent();
        }
    }

    @Test
    void aRefusedPodWaitsForTheLongestWaitOrAnEvent() {
        refuse("p");
        pass(LONGEST.minus(MOMENT));
        assertThat(queue.poll()).isEmpty();
        pass(MOMENT);
        assertThat(next()).isEqualTo("p");

        queue.refused("p");
        assertThat(queue.poll()).isEmpty();
        queue.clusterEvent();
        assertThat(next()).isEqualTo("p");
    }

    @Test
    void refusedPodsAreTriedAgainInTheOrderOfTheirLastTries() {
        put("first", 0);
        put("second", 0);
        next();
        next();
        queue.refused("second");
        queue.refused("first");

        queue.clusterEvent();

        assertThat(List.of(next(), next())).containsExactly("second", "first");
    }

    @Test
    void aRefusedPodYieldsToOthersForABackOffThatDoubles() {
        refuse("large");
        for (int seconds : List.of(1, 2, 4, 8, 10, 10)) {
            pass(Duration.ofSeconds(seconds).minus(MOMENT));
            queue.clusterEvent();
            put("small-" + seconds, 0);
            assertThat(next())
                    .as("before its back-off of %d s is over", seconds)
                    .startsWith("small");
            queue.remove("small-" + seconds);
            assertThat(next()).as("where no other pod is ready").isEqualTo("large");
            queue.refused("large");
        }
    }

    @Test
    void aRefusedPodWhoseBackOffIsOverGoesBeforeThoseThatCameLater() {
        refuse("large");
        queue.clusterEvent();
        put("small", 0);

        pass(Duration.ofSeconds(1));

        assertThat(next()).isEqualTo("large");
    }

    @Test
    void anyChangeOfARefusedPodEndsItsWaiting() {
        refuse("p");

        put("p", 0);

        assertThat(next()).isEqualTo("p");
    }

    @Test
    void aPodThatIsShownAgainAsItWasGoesOnWaiting() {
        Pod pod = pod("p", 0);
        queue.put(pod);
        next();
        queue.refused("p");

        queue.put(new PodBuilder(pod).build());

        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void aChangeOfThePodDuringItsCycleIsNotLost() {
        refuse("p");
        queue.clusterEvent();
        next();

        put("p", 7);
        assertThat(queue.poll()).as("it is in its cycle").isEmpty();
        queue.refused("p");

        Optional<SchedulingQueue.Turn> again = queue.poll();
        assertThat(again).map(turn -> turn.pod().priority()).contains(7);
        queue.refused("p");
        assertThat(queue.poll()).as("what woke it wakes it once").isEmpty();
    }

    @Test
    void anEventDuringTheCycleIsNotLost() {
        put("p", 0);
        next();

        queue.clusterEvent();
        queue.refused("p");

        assertThat(next()).isEqualTo("p");
        queue.refused("p");
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void errorsRestTwiceAsLongEachTimeWhateverHappensMeanwhile() {
        put("p", 0);
        next();
        List<Duration> waits = new ArrayList<>();
        for (int error = 0; error < 6; error++) {
            queue.errored("p");
            waits.add(untilTurn("p"));
        }

        assertThat(waits.stream().map(Duration::toSeconds)).containsExactly(1L, 2L, 4L, 8L, 10L, 10L);
    }

    @Test
    void aRefusalEndsTheGrowthOfTheBackOff() {
        put("p", 0);
        next();
        for (int error = 0; error < 3; error++) {
            queue.errored("p");
            untilTurn("p");
        }
        queue.refused("p");
        queue.clusterEvent();
        next();

        queue.errored("p");

        assertThat(untilTurn("p")).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whatIsRemovedDuringItsCycleStaysAway() {
        put("refused", 0);
        put("errored", 0);
        next();
        next();

        queue.remove("refused");
        queue.remove("errored");
        queue.refused("refused");
        queue.errored("errored");
        queue.clusterEvent();
        pass(LONGEST);

        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void aClosedQueueHandsOutNothing() throws InterruptedException {
        put("p", 0);

        queue.close();

        assertThat(queue.take()).isEmpty();
    }

    private void refuse(String uid) {
        put(uid, 0);
        next();
        queue.refused(uid);
        assertThat(queue.poll()).isEmpty();
    }

    private void put(String uid, int priority) {
        queue.put(pod(uid, priority));
    }

    private Pod pod(String uid, int priority) {
        return new PodBuilder()
                .withNewMetadata()
                .withUid(uid)
                .withResourceVersion(Integer.toString(++version))
                .endMetadata()
                .withNewSpec()
                .withPriority(priority)
                .endSpec()
                .build();
    }

    private String next() {
        return queue.poll().orElseThrow().pod().uid();
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    /** Advances the clock until the resting pod has its turn, while a change of it and an event try to wake it before. */
    private Duration untilTurn(String uid) {
        long begin = nanos;
        put(uid, 0);
        queue.clusterEvent();
        while (queue.poll().isEmpty()) {
            pass(MOMENT);
        }
        return Duration.ofNanos(nanos - begin);
    }
}
