package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the extender's scores weigh against those of the scheduler's own plugins: a point is 50, with the weight 5 of the
 * manifests. Every test has nodes and a scheduler of its own.
 */
@ExtendWith(Subject.Provider.class)
class SchedulerScoreConformanceTest {

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

    @ParameterizedTest
    @CsvSource({"5, b", "7, a"})
    void aTaintThatPrefersNoPodsIsWorthSixPoints(int points, String chosen) {
        String tainted = rig.node("a", 50, node -> node.withNewSpec()
                .addNewTaint("PreferNoSchedule", "example.com/old", null, "yes")
                .endSpec());
        String other = rig.node("b", 50);
        rig.awaitOffered(tainted, other);
        give(points, tainted);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).endsWith("-" + chosen);
    }

    @ParameterizedTest
    @CsvSource({"3, b", "5, a"})
    void aNodeThatThePodPrefersIsWorthFourPoints(int points, String chosen) {
        String other = rig.node("a", 50);
        String preferred = rig.node("b", 50, labelled("example.com/fast", "yes"));
        rig.awaitOffered(other, preferred);
        give(points, other);

        rig.submit(rig.subject
                .pod("p", SLICE)
                .editSpec()
                .withNewAffinity()
                .withNewNodeAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(1)
                .withNewPreference()
                .addToMatchExpressions(new NodeSelectorRequirement("example.com/fast", "In", List.of("yes")))
                .endPreference()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec());

        assertThat(rig.awaitBound("p")).endsWith("-" + chosen);
    }

    /** The manifests let only the extender judge how full nodes should be. */
    @ParameterizedTest
    @CsvSource({"hami-scheduler, a", "default-scheduler, b"})
    void howFullANodeIsMattersUnlessTheProfileSaysOtherwise(String scheduler, String chosen) {
        String full = rig.node("a", 50);
        rig.submit("large", Map.of("cpu", "7", "memory", "28Gi"));
        assertThat(rig.awaitBound("large")).isEqualTo(full);
        String empty = rig.node("b", 50);
        rig.awaitOffered(full, empty);
        give(1, full);

        PodBuilder pod = rig.subject.pod("p", SLICE);
        rig.subject.create(pod.editSpec().withSchedulerName(scheduler).endSpec());

        assertThat(rig.awaitBound("p")).endsWith("-" + chosen);
    }

    private static UnaryOperator<NodeBuilder> labelled(String key, String value) {
        return node -> node.editMetadata().addToLabels(key, value).endMetadata();
    }

    /** Lets the extender give this node so many points and others none. */
    private void give(int points, String node) {
        rig.extender.onPrioritize = _ -> "[{\"Host\":\"%s\",\"Score\":%d}]".formatted(node, points);
    }
}
