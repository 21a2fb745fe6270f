package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
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
}
