package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.GPUMEM;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static io.migpool.testbed.conformance.SchedulerRig.onlyFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How the scheduler speaks to an extender. Every test has nodes and a scheduler of its own. */
@ExtendWith(Subject.Provider.class)
class SchedulerConformanceTest {

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
    void oneNodeMeansOneFilterNoPrioritizeAndABindWithTheUid() {
        String node = rig.node("a", 4);

        Pod pod = rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        JsonNode filter = rig.extender.filters.getFirst();
        assertThat(filter.path("Nodes").isNull()).isTrue();
        assertThat(rig.extender.filtered(0)).containsExactly(node);
        assertThat(filter.at("/Pod/spec/containers/0/resources/limits/nvidia.com~1gpumem")
                        .asText())
                .isEqualTo("8k");
        assertThat(rig.extender.prioritizes).isEmpty();
        assertThat(rig.extender.binds).singleElement().satisfies(bind -> {
            assertThat(bind.path("PodUID").asText()).isEqualTo(pod.getMetadata().getUid());
            assertThat(bind.path("Node").asText()).isEqualTo(node);
        });
    }

    @Test
    void ofSeveralNodesTheOneWithTheExtendersHighestScoreWins() {
        String low = rig.node("a", 50);
        String high = rig.node("b", 50);
        rig.extender.onPrioritize =
                _ -> "[{\"Host\":\"%s\",\"Score\":0},{\"Host\":\"%s\",\"Score\":10}]".formatted(low, high);

        rig.awaitOffered(low, high);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(high);
    }

    @Test
    void anErrorOfPrioritizeIsIgnored() {
        String one = rig.node("a", 50);
        String other = rig.node("b", 50);
        rig.extender.onPrioritize = _ -> "no json";
        rig.awaitOffered(one, other);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isNotEmpty();
    }

    @Test
    void onlyNodesWithFreeSlotsAreOffered() {
        rig.node("a", 0);
        String free = rig.node("b", 4);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(free);
        assertThat(rig.extender.filtered(0)).containsExactly(free);
    }

    @Test
    void aPodWithoutAManagedResourceNeverReachesTheExtender() {
        String node = rig.node("a", 4);

        rig.submit("p", Map.of());

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filters).isEmpty();
        assertThat(rig.extender.binds).isEmpty();
    }

    @Test
    void lowerCaseKeysOfAnAnswerAreRead() {
        String node = rig.node("a", 4);
        rig.extender.onFilter = _ -> "{\"nodenames\":[\"%s\"],\"error\":\"\"}".formatted(node);
        rig.extender.onBind = request -> {
            rig.bind(request);
            return "{\"error\":\"\"}";
        };

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.binds).hasSize(1);
    }

    @Test
    void ofSeveralNodesOneThatIsLeftAfterFilterIsNotScored() {
        String one = rig.node("a", 50);
        String other = rig.node("b", 50);
        rig.awaitOffered(one, other);
        rig.extender.onFilter = onlyFor("p", "{\"NodeNames\":[\"%s\"]}".formatted(other));

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(other);
        assertThat(rig.extender.prioritizes)
                .extracting(SchedulerRig::nameOf)
                .isNotEmpty()
                .doesNotContain("p");
    }

    @Test
    void theNextFilterOverlapsWithABind() {
        String node = rig.node("a", 4);
        CountDownLatch filters = new CountDownLatch(2);
        rig.extender.onFilter = request -> {
            filters.countDown();
            return EVERY_NODE.apply(request);
        };
        Function<JsonNode, String> bind = rig.extender.onBind;
        rig.extender.onBind = request -> {
            awaitQuietly(filters);
            return bind.apply(request);
        };

        rig.submit("first", SLICE);
        await("the first pod is being bound").atMost(SOON).until(() -> !rig.extender.binds.isEmpty());
        rig.submit("second", SLICE);

        assertThat(rig.awaitBound("first")).isEqualTo(node);
        assertThat(rig.awaitBound("second")).isEqualTo(node);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    /** Left to itself kube-scheduler would stop its search at a hundred nodes. */
    @Test
    void everyNodeOfALargeClusterIsOffered() {
        String[] all =
                IntStream.range(0, 120).mapToObj(i -> rig.node("node-" + i, 1)).toArray(String[]::new);

        rig.awaitOffered(all);
    }

    @Test
    void anInitContainerThatNamesAManagedResourceCounts() {
        String node = rig.node("a", 4);

        rig.submit(rig.subject
                .pod("p", Map.of())
                .editSpec()
                .addNewInitContainer()
                .withName("init")
                .withImage("busybox:1")
                .withNewResources()
                .addToLimits(GPUMEM, new Quantity("8000"))
                .endResources()
                .endInitContainer()
                .endSpec());

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(rig.extender.filtersOf("p")).isOne();
        assertThat(rig.extender.binds).hasSize(1);
    }

    @Test
    void aPodThatIsBeingDeletedKeepsItsSlot() {
        String node = rig.node("a", 1);
        rig.submit("first", SLICE);
        rig.awaitBound("first");
        rig.subject.at("first").withGracePeriod(30).delete();
        assertThat(rig.subject.at("first").require().getMetadata().getDeletionTimestamp())
                .isNotNull();

        rig.submit("second", SLICE);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(rig.message("second")).contains("1 Insufficient nvidia.com/gpu"));
        assertThat(rig.extender.filtersOf("second")).isZero();
        rig.subject.at("first").withGracePeriod(0).delete();
        assertThat(rig.awaitBound("second")).isEqualTo(node);
    }
}
