package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.scheduler.SchedulerFixture.SLICE;
import static io.migpool.testbed.scheduler.SchedulerFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.TestApi;
import io.migpool.testbed.scheduler.SchedulingAttempt.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchedulerRetryTest {

    private static final String NOWHERE =
            "{\"NodeNames\":[],\"FailedAndUnresolvableNodes\":{\"n1\":\"no free slice\",\"n2\":\"no free slice\",\"n3\":\"wrong kind\"}}";

    private final SchedulerFixture cluster = new SchedulerFixture();

    @BeforeEach
    void threeNodes() {
        cluster.extenderBinds();
        cluster.node("n1", 4);
        cluster.node("n2", 4);
        cluster.node("n3", 4);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aRefusedPodTellsTheCountedReasonsInConditionEventAndApi() {
        cluster.extender.onFilter = _ -> NOWHERE;

        cluster.submit(pod("p", SLICE));

        var expected = "0/3 nodes are available: 1 wrong kind, 2 no free slice."
                + " preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
        assertThat(cluster.awaitRefused("p")).isEqualTo(expected);
        assertThat(cluster.scheduledCondition("p")).hasValueSatisfying(condition -> {
            assertThat(condition.getStatus()).isEqualTo("False");
            assertThat(condition.getReason()).isEqualTo("Unschedulable");
            assertThat(condition.getMessage()).isEqualTo(expected);
        });
        assertThat(cluster.api.events("p", "FailedScheduling")).containsExactly(expected);
    }

    @Test
    void nodesThatFailedResolvablyAreTriedForPreemptionInVain() {
        cluster.extender.onFilter =
                _ -> "{\"NodeNames\":[],\"FailedNodes\":{\"n1\":\"no slot\",\"n2\":\"no slot\",\"n3\":\"no slot\"}}";

        cluster.submit(pod("p", SLICE));

        assertThat(cluster.awaitRefused("p"))
                .startsWith("0/3 nodes are available: 3 no slot.")
                .endsWith("3 No preemption victims found for incoming pod.");
    }

    @Test
    void aRefusedPodIsLookedAtTwiceAndThenWaitsForAnEvent() {
        cluster.extender.onFilter = _ -> NOWHERE;
        cluster.submit(pod("p", SLICE));
        cluster.awaitRefused("p");

        await().during(Duration.ofMillis(400)).atMost(SOON).until(() -> cluster.extender.filtersOf("p") == 2);
    }

    @Test
    void aChangedAnnotationOfANodeWakesARefusedPod() {
        refuseOnceThenAccept();

        cluster.api.client.nodes().withName("n1").edit(node -> {
            node.getMetadata().setAnnotations(Map.of("hami.io/node-nvidia-register", "[]"));
            return node;
        });

        cluster.awaitBound("p");
    }

    @Test
    void theDeletionOfAnotherPodWakesARefusedPod() {
        cluster.submit(pod("other", Map.of(GPU, "1")));
        cluster.awaitBound("other");
        refuseOnceThenAccept();

        cluster.api.client.pods().withName("other").withGracePeriod(0).delete();

        cluster.awaitBound("p");
    }

    @Test
    void aNewNodeWakesARefusedPod() {
        refuseOnceThenAccept();

        cluster.node("n4", 4);

        cluster.awaitBound("p");
    }

    @Test
    void aRefusedPodIsTriedAgainAfterTheLongestWait() {
        try (var other = new TestApi()) {
            // The fixture's scheduler has the real five minutes; this one has a short wait and no node at all.
            try (var impatient = Scheduler.start(
                    SchedulerOptions.of(other.client.getConfiguration()).withLongestWait(Duration.ofMillis(50)))) {
                other.create(pod("lonely", Map.of()));

                await().atMost(SOON)
                        .until(() -> impatient.attempts("default", "lonely").size() >= 4);
                assertThat(impatient.lastFailure("default", "lonely")).contains("no nodes available to schedule pods");
            }
        }
    }

    @Test
    void anErrorOfFilterIsRetriedAfterABackOffThatGrows() {
        var calls = new CopyOnWriteArrayList<Long>();
        var namesAsTheyAre = cluster.extender.onFilter;
        cluster.extender.onFilter = request -> {
            calls.add(System.nanoTime());
            return calls.size() <= 4 ? "{\"Error\":\"not synced yet\"}" : namesAsTheyAre.apply(request);
        };

        cluster.submit(pod("p", SLICE));

        await().atMost(SOON).untilAsserted(() -> assertThat(cluster.api.events("p", "FailedScheduling"))
                .containsExactly("not synced yet"));
        cluster.awaitBound("p");
        assertThat(cluster.scheduler.attempts("default", "p"))
                .extracting(SchedulingAttempt::outcome)
                .filteredOn(outcome -> outcome.equals(new Outcome.Errored("not synced yet")))
                .hasSize(4);
        assertThat(cluster.scheduler.lastFailure("default", "p")).isEmpty();
        // The fixture's waits: twice as long each time, from 50 ms to 200 ms.
        var least = List.of(50, 100, 200, 200);
        for (var retry = 0; retry < least.size(); retry++) {
            assertThat(Duration.ofNanos(calls.get(retry + 1) - calls.get(retry)))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(least.get(retry)));
        }
    }

    @Test
    void theWaitsAreThoseOfKubeScheduler() {
        var options = SchedulerOptions.of(cluster.api.client.getConfiguration());

        assertThat(options.backOff()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.backOffMax()).isEqualTo(Duration.ofSeconds(10));
        assertThat(options.longestWait()).isEqualTo(Duration.ofMinutes(5));
        assertThat(ExtenderOptions.of(cluster.extender.uri(), List.of()).httpTimeout())
                .isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void aNodeThatWasNotOfferedIsAnErrorForTheWholePod() {
        var namesAsTheyAre = cluster.extender.onFilter;
        cluster.extender.onFilter = request -> cluster.extender.filtersOf("p") <= 1
                ? "{\"NodeNames\":[\"n1\",\"elsewhere\"]}"
                : namesAsTheyAre.apply(request);

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
        assertThat(cluster.scheduler.attempts("default", "p").getFirst().outcome())
                .isInstanceOfSatisfying(Outcome.Errored.class, errored -> assertThat(errored.message())
                        .contains("elsewhere"));
    }

    @Test
    void aStatusOtherThan200IsAnError() {
        cluster.extender.status = 500;
        cluster.submit(pod("p", SLICE));
        await().atMost(SOON)
                .until(() ->
                        cluster.scheduler.lastFailure("default", "p").orElse("").contains("code 500"));

        cluster.extender.status = 200;

        cluster.awaitBound("p");
    }

    @Test
    void slotsAreCountedWithThePodsThatAreAssumedButNotBoundYet() {
        cluster.extender.onBind = _ -> "{}";
        for (var index = 0; index < 12; index++) {
            cluster.submit(pod("slot-" + index, SLICE));
        }
        await().atMost(SOON).until(() -> cluster.extender.binds.size() == 12);

        cluster.submit(pod("one-too-many", SLICE));

        assertThat(cluster.awaitRefused("one-too-many"))
                .startsWith("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.");
        assertThat(cluster.extender.filtersOf("one-too-many")).isZero();
    }

    @Test
    void aFailedBindFreesTheSlotAndThePodIsTriedAgain() {
        var calls = new AtomicInteger();
        var reallyBind = cluster.extender.onBind;
        cluster.extender.onBind =
                request -> calls.incrementAndGet() == 1 ? "{\"Error\":\"hold was lost\"}" : reallyBind.apply(request);

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
        assertThat(calls).hasValue(2);
        await().atMost(SOON).untilAsserted(() -> assertThat(cluster.api.events("p", "FailedScheduling"))
                .anyMatch(note -> note.contains("hold was lost")));
    }

    @Test
    void aBindThatTimesOutIsFollowedByANewFilterWhileTheOldRequestMayLand() {
        try (var hasty = new SchedulerFixture(options -> options.withHttpTimeout(Duration.ofMillis(300)))) {
            hasty.node("n1", 4);
            var land = new CountDownLatch(1);
            hasty.extender.onBind = request -> {
                try {
                    land.await();
                } catch (InterruptedException closing) {
                    Thread.currentThread().interrupt();
                }
                hasty.bindNow("p", "n1");
                return "{}";
            };

            hasty.submit(pod("p", SLICE));

            await().atMost(SOON).until(() -> hasty.extender.filtersOf("p") == 2);
            assertThat(hasty.api.get("p").getSpec().getNodeName()).isNull();
            land.countDown();
            assertThat(hasty.awaitBound("p")).isEqualTo("n1");
            await().atMost(SOON)
                    .until(() -> hasty.scheduler.lastFailure("default", "p").isEmpty());
        }
    }

    @Test
    void anAnswerWhoseBodyDoesNotComeInTimeIsAnError() {
        try (var hasty = new SchedulerFixture(options -> options.withHttpTimeout(Duration.ofMillis(300)))) {
            hasty.extenderBinds();
            hasty.node("n1", 4);
            var body = new CountDownLatch(1);
            hasty.extender.beforeBody = () -> {
                try {
                    body.await();
                } catch (InterruptedException closing) {
                    Thread.currentThread().interrupt();
                }
            };
            hasty.submit(pod("p", SLICE));
            await().atMost(SOON).until(() -> hasty.extender.filtersOf("p") == 2);

            body.countDown();

            assertThat(hasty.awaitBound("p")).isEqualTo("n1");
        }
    }

    private void refuseOnceThenAccept() {
        var namesAsTheyAre = cluster.extender.onFilter;
        cluster.extender.onFilter = _ -> NOWHERE;
        cluster.submit(pod("p", SLICE));
        cluster.awaitRefused("p");
        await().atMost(SOON).until(() -> cluster.extender.filtersOf("p") == 2);
        cluster.extender.onFilter = namesAsTheyAre;
    }
}
