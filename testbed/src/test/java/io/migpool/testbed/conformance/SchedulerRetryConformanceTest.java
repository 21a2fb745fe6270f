package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.BACK_OFF;
import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static io.migpool.testbed.conformance.SchedulerRig.onlyFor;
import static io.migpool.testbed.conformance.SchedulerRig.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.migpool.contracts.wire.Annotations;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When the scheduler retries a pod that it could not place. Every test has nodes and a scheduler of its own. */
@ExtendWith(Subject.Provider.class)
class SchedulerRetryConformanceTest {

    private SchedulerRig rig;

    @BeforeEach
    void start(Subject subject) throws Exception {
        rig = new SchedulerRig(subject);
    }

    @AfterEach
    void stop() {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void theReasonIsCopiedWordForWordAndCounted() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> refusal(node, "no free slice");

        rig.submit("p", SLICE);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(rig.message("p")).contains("0/1 nodes are available: 1 no free slice"));
    }

    @Test
    void equalReasonsOfSeveralNodesAreCountedInConditionAndEvent() {
        String one = rig.node("a", 50);
        String other = rig.node("b", 50);
        String third = rig.node("c", 50);
        rig.awaitOffered(one, other, third);
        rig.extender.onFilter =
                onlyFor("p", refusal(one, "no free slice", other, "wrong kind", third, "no free slice"));

        rig.submit("p", SLICE);

        String counted = "0/3 nodes are available: 1 wrong kind, 2 no free slice";
        await().atMost(SOON).untilAsserted(() -> assertThat(rig.message("p")).contains(counted));
        await().atMost(SOON).untilAsserted(() -> assertThat(rig.subject
                        .client()
                        .events()
                        .v1()
                        .events()
                        .inNamespace(rig.subject.namespace())
                        .list()
                        .getItems())
                .anySatisfy(event -> {
                    assertThat(event.getReason()).isEqualTo("FailedScheduling");
                    assertThat(event.getRegarding().getName()).isEqualTo("p");
                    assertThat(event.getNote()).contains(counted);
                }));
    }

    @Test
    void aRefusedPodWaitsUntilAnAnnotationOfTheNodeChanges() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> refusal(node, "no free slice");
        rig.submit("p", SLICE);
        long before = rig.awaitLeftAlone("p");

        rig.extender.onFilter = EVERY_NODE;
        rig.annotateNode(node, "example.com/changed", "yes");

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThan(before);
    }

    @Test
    void aRefusedPodIsWokenByAnAnnotationOfItsOwn() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> refusal(node, "no free slice");
        rig.submit("p", SLICE);
        long before = rig.awaitLeftAlone("p");
        assertThat(rig.message("p")).contains("no free slice");

        rig.extender.onFilter = EVERY_NODE;
        rig.annotate("p", Annotations.ROOM_SEEN, "2026-11-29T09:00:00Z");

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThan(before);
    }

    @Test
    void aRefusedPodIsWokenByTheDeletionOfAnother() {
        String node = rig.node("a", 4);
        rig.submit("first", SLICE);
        rig.awaitBound("first");
        rig.extender.onFilter = _ -> refusal(node, "no free slice");
        rig.submit("second", SLICE);
        long before = rig.awaitLeftAlone("second");

        rig.extender.onFilter = EVERY_NODE;
        rig.subject.at("first").withGracePeriod(0).delete();

        assertThat(rig.awaitBound("second")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("second")).isGreaterThan(before);
    }

    @Test
    void aRefusalThatReadsDifferentlyIsFollowedByAnotherLook() {
        rig.subject.needs(32, "a status of its own that wakes a pod");
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> refusal(node, "no free slice " + Math.min(5, rig.extender.filtersOf("p")));

        rig.submit("p", SLICE);

        await("each text is followed by another look").atMost(SOON).until(() -> rig.extender.filtersOf("p") >= 6);
        assertThat(rig.awaitLeftAlone("p"))
                .as("the sixth look found nothing new")
                .isEqualTo(6);
        assertThat(rig.message("p")).contains("1 no free slice 5");
    }

    @Test
    void anAnnotationOfItsOwnThatComesDuringItsCycleIsNotLost() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> refusal(node, "no free slice");
        rig.submit("p", SLICE);
        rig.awaitLeftAlone("p");

        rig.extender.onFilter = _ -> {
            rig.extender.onFilter = EVERY_NODE;
            annotateAndSee("p");
            return refusal(node, "no free slice");
        };
        rig.annotateNode(node, "example.com/changed", "yes");

        assertThat(rig.awaitBound("p")).isEqualTo(node);
    }

    /** Returns once a watch has shown the annotation, so most likely to the scheduler too. */
    private void annotateAndSee(String pod) {
        CountDownLatch seen = new CountDownLatch(1);
        try (Watch _ = rig.subject.at(pod).watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, Pod shown) {
                if (shown.getMetadata().getAnnotations().containsKey(Annotations.ROOM_SEEN)) {
                    seen.countDown();
                }
            }

            @Override
            public void onClose(WatcherException cause) {}
        })) {
            rig.annotate(pod, Annotations.ROOM_SEEN, "2026-11-29T09:00:00Z");
            assertThat(seen.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anErrorIsTriedAgainAfterABackOffThatDoubles() {
        String node = rig.node("a", 4);
        List<Long> times = new CopyOnWriteArrayList<>();
        rig.extender.onFilter = request -> {
            times.add(System.nanoTime());
            return times.size() <= 4 ? "{\"Error\":\"another pod holds the last slice\"}" : EVERY_NODE.apply(request);
        };

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(times).hasSize(5);
        for (int retry = 1; retry < times.size(); retry++) {
            assertThat(Duration.ofNanos(times.get(retry) - times.get(retry - 1)))
                    .as("before retry %d", retry)
                    .isGreaterThanOrEqualTo(BACK_OFF.multipliedBy(1L << (retry - 1)));
        }
    }

    @Test
    void aNodeThatWasNotOfferedIsAnErrorForThePod() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> "{\"NodeNames\":[\"%s\",\"invented\"]}".formatted(node);

        rig.submit("p", SLICE);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(rig.scheduledCondition("p")).hasValueSatisfying(condition -> {
                    assertThat(condition.getReason()).isEqualTo("SchedulerError");
                    assertThat(condition.getMessage())
                            .contains("claims a filtered node \"invented\" which is not found in the input node list");
                }));
        assertThat(rig.extender.binds).isEmpty();
        rig.extender.onFilter = EVERY_NODE;
        assertThat(rig.awaitBound("p")).isEqualTo(node);
    }

    @Test
    void aFailedBindIsFollowedByANewFilter() {
        String node = rig.node("a", 4);
        rig.extender.onBind = request -> {
            if (rig.extender.binds.size() < 2) {
                return "{\"Error\":\"the API server is away\"}";
            }
            rig.bind(request);
            return "{\"Error\":\"\"}";
        };

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThanOrEqualTo(2);
    }

    /** The scheduler waits five seconds for an answer. */
    @Test
    void aBindThatTimesOutIsFollowedByANewFilterAndMayStillLand() {
        String node = rig.node("a", 4);
        CountDownLatch filteredAgain = new CountDownLatch(2);
        rig.extender.onFilter = request -> {
            filteredAgain.countDown();
            return filteredAgain.getCount() == 1
                    ? EVERY_NODE.apply(request)
                    : "{\"Error\":\"whether the pod is bound is not settled\"}";
        };
        rig.extender.onBind = request -> {
            try {
                filteredAgain.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
            rig.bind(request);
            return "{}";
        };

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThanOrEqualTo(2);
        rig.awaitLeftAlone("p");
        assertThat(rig.extender.binds).hasSize(1);
    }
}
