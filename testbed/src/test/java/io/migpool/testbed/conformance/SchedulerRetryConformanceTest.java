package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static io.migpool.testbed.conformance.SchedulerRig.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.migpool.contracts.wire.Annotations;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When the scheduler looks at a pod again that it could not place. Every test has nodes and a scheduler of its own. */
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
    void anErrorIsTriedAgainWithoutAnyEvent() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = request -> rig.extender.filtersOf("p") < 3
                ? "{\"Error\":\"another pod holds the last slice\"}"
                : "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aNodeThatWasNotOfferedIsAnErrorForThePod() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> rig.extender.filtersOf("p") < 2
                ? "{\"NodeNames\":[\"invented\"]}"
                : "{\"NodeNames\":[\"%s\"]}".formatted(node);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isGreaterThanOrEqualTo(2);
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
}
