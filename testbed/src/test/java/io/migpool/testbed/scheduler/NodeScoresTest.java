package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeScoresTest {

    private static final PodBuilder PLAIN = pod("p", Map.of());

    /** Of 8 processors and 32 GiB; the share that stays free is rounded down for each, and then their mean. */
    @ParameterizedTest
    @CsvSource({
        "2, 8Gi, 75",
        "8, 32Gi, 0",
        "9, 16Gi, 25",
        "1, 31Gi, 45",
        // 7.9 of 8 processors are 98 %, 31.8 of 32 GiB 99 %.
        ", , 98"
    })
    void theMoreIsLeftTheBetter(String cpu, String memory, long score) {
        var requests = cpu == null ? Map.<String, String>of() : Map.of("cpu", cpu, "memory", memory);

        assertThat(scores(ScorePlugin.NODE_RESOURCES_FIT, pod("p", requests), node("a")))
                .containsExactly(score);
    }

    @Test
    void whatPodsOfTheNodeRequestIsNotLeft() {
        var busy = new NodeInfo(
                node("a").node(),
                List.of(PodInfo.of(
                        pod("other", Map.of("cpu", "4", "memory", "16Gi")).build())));

        assertThat(scores(ScorePlugin.NODE_RESOURCES_FIT, pod("p", Map.of("cpu", "2", "memory", "8Gi")), busy))
                .containsExactly(25L);
    }

    @Test
    void eachContainerWithoutRequestsCountsWithALittle() {
        var four = PLAIN.build().toBuilder()
                .editSpec()
                .withContainers(
                        container("a", Map.of()).build(),
                                container("b", Map.of()).build(),
                        container("c", Map.of()).build(),
                                container("d", Map.of("cpu", "1")).build())
                .endSpec();

        // 1.3 of 8 processors and 800 MiB of 32 GiB.
        assertThat(scores(ScorePlugin.NODE_RESOURCES_FIT, four, node("a"))).containsExactly((83L + 97L) / 2);
    }

    @Test
    void ofTaintsThatPreferNoPodsEachThatThePodDoesNotTolerateCounts() {
        var tolerant = pod("p", Map.of())
                .editSpec()
                .addNewToleration("PreferNoSchedule", "old", "Exists", null, null)
                .addNewToleration("NoSchedule", "slow", "Exists", null, null)
                .endSpec();

        assertThat(scores(
                        ScorePlugin.TAINT_TOLERATION,
                        tolerant,
                        tainted("a", "slow", "small", "noisy"),
                        tainted("b", "old", "slow"),
                        tainted("c", "old")))
                .containsExactly(0L, 3 * 67L, 3 * 100L);
    }

    @Test
    void withoutSuchTaintsAllNodesAreEquallyGood() {
        assertThat(scores(ScorePlugin.TAINT_TOLERATION, PLAIN, node("a"), node("b")))
                .containsExactly(300L, 300L);
    }

    @Test
    void thePreferencesOfANodeAreMeasuredByThoseOfTheBest() {
        var choosy = pod("p", Map.of())
                .editSpec()
                .withNewAffinity()
                .withNewNodeAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(20)
                .withNewPreference()
                .addToMatchFields(new NodeSelectorRequirement("metadata.name", "In", List.of("a", "b")))
                .endPreference()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(60)
                .withNewPreference()
                .addToMatchFields(new NodeSelectorRequirement("metadata.name", "In", List.of("b")))
                .endPreference()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec();

        assertThat(scores(ScorePlugin.NODE_AFFINITY, choosy, node("a"), node("b"), node("c")))
                .containsExactly(2 * 25L, 2 * 100L, 0L);
    }

    @Test
    void whatSeveralPluginsSayIsAdded() {
        var all = new NodeScores(Set.of(ScorePlugin.values()));

        assertThat(all.of(
                        PodInfo.of(pod("p", Map.of("cpu", "2", "memory", "8Gi")).build()),
                        List.of(node("a"), tainted("b", "old"))))
                .isEqualTo(Map.of("a", 375L, "b", 75L));
    }

    private static List<Long> scores(ScorePlugin plugin, PodBuilder pod, NodeInfo... nodes) {
        return List.copyOf(new NodeScores(Set.of(plugin))
                .of(PodInfo.of(pod.build()), List.of(nodes))
                .values());
    }

    private static NodeInfo tainted(String name, String... taints) {
        var node = new NodeBuilder(node(name).node());
        Arrays.stream(taints).forEach(taint -> node.editOrNewSpec()
                .addNewTaint("PreferNoSchedule", taint, null, null)
                .endSpec());
        return new NodeInfo(node.build(), List.of());
    }

    private static NodeInfo node(String name) {
        return new NodeInfo(
                new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .withAllocatable(Map.of("cpu", new Quantity("8"), "memory", new Quantity("32Gi")))
                        .endStatus()
                        .build(),
                List.of());
    }
}
