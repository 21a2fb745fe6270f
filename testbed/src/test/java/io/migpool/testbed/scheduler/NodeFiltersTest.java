package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NodeFiltersTest {

    private static final String GPUMEM = "nvidia.com/gpumem";

    private final NodeFilters filters = new NodeFilters(Set.of(GPUMEM));

    @Test
    void aReadyNodeWithRoomFits() {
        assertThat(filters.check(info(pod("p", Map.of(GPU, "1", "cpu", "2"))), node(ready())))
                .isEmpty();
    }

    @Test
    void aNodeThatIsNotReadyIsOutOfReach() {
        var down = ready().editStatus().withConditions(List.of()).endStatus();

        assertThat(filters.check(info(pod("p", Map.of())), node(down)))
                .hasValue(Unfit.forGood("node(s) had untolerated taint {node.kubernetes.io/not-ready: }"));
    }

    @Test
    void aCordonedNodeIsOutOfReach() {
        var cordoned = ready().editOrNewSpec().withUnschedulable(true).endSpec();

        assertThat(filters.check(info(pod("p", Map.of())), node(cordoned)))
                .hasValue(Unfit.forGood("node(s) were unschedulable"));
    }

    @Test
    void aTaintKeepsPodsAwayThatDoNotTolerateIt() {
        var tainted = ready().editOrNewSpec()
                .addNewTaint("NoSchedule", "gpu", null, "only")
                .endSpec();
        var tolerant = pod("t", Map.of())
                .editSpec()
                .addNewToleration("NoSchedule", "gpu", "Equal", null, "only")
                .endSpec();

        assertThat(filters.check(info(pod("p", Map.of())), node(tainted)))
                .hasValue(Unfit.forGood("node(s) had untolerated taint {gpu: only}"));
        assertThat(filters.check(info(tolerant), node(tainted))).isEmpty();
    }

    @Test
    void selectorAndRequiredAffinityPickNodesByLabel() {
        var labelled = ready().editMetadata().addToLabels("pool", "mig").endMetadata();
        var selecting =
                pod("s", Map.of()).editSpec().addToNodeSelector("pool", "mig").endSpec();
        var demanding = pod("d", Map.of())
                .editSpec()
                .withNewAffinity()
                .withNewNodeAffinity()
                .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                .addNewNodeSelectorTerm()
                .addNewMatchExpression()
                .withKey("pool")
                .withOperator("NotIn")
                .withValues("mig")
                .endMatchExpression()
                .endNodeSelectorTerm()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec();
        var refusal = Unfit.forGood("node(s) didn't match Pod's node affinity/selector");

        assertThat(filters.check(info(selecting), node(labelled))).isEmpty();
        assertThat(filters.check(info(selecting), node(ready()))).hasValue(refusal);
        assertThat(filters.check(info(demanding), node(labelled))).hasValue(refusal);
        assertThat(filters.check(info(demanding), node(ready()))).isEmpty();
    }

    @Test
    void eachMissingResourceIsAReasonAndPreemptionMayHelpOnlyIfTheEmptyNodeWouldDo() {
        var busy = new NodeInfo(ready().build(), List.of(info(pod("other", Map.of(GPU, "3", "cpu", "7")))));

        assertThat(filters.check(info(pod("p", Map.of(GPU, "2", "cpu", "2"))), busy))
                .hasValue(new Unfit(List.of("Insufficient cpu", "Insufficient " + GPU), true));
        assertThat(filters.check(info(pod("p", Map.of(GPU, "5"))), busy))
                .hasValue(new Unfit(List.of("Insufficient " + GPU), false));
    }

    @Test
    void anIgnoredResourceIsNotCountedAndAnUnknownOneIsMissing() {
        assertThat(filters.check(info(pod("p", Map.of(GPUMEM, "8000"))), node(ready())))
                .isEmpty();
        assertThat(filters.check(info(pod("p", Map.of("nvidia.com/gpucores", "30"))), node(ready())))
                .hasValue(new Unfit(List.of("Insufficient nvidia.com/gpucores"), false));
    }

    @Test
    void aFullNodeTakesNoMorePods() {
        var small =
                ready().editStatus().addToAllocatable("pods", new Quantity("1")).endStatus();
        var full = new NodeInfo(small.build(), List.of(info(pod("other", Map.of()))));

        assertThat(filters.check(info(pod("p", Map.of())), full)).hasValue(Unfit.forNow("Too many pods"));
    }

    @Test
    void initContainersCountWithTheirPeakAndSidecarsWithEverythingAfterThem() {
        var pod = pod("p", Map.of(GPU, "2"))
                .editSpec()
                .withInitContainers(
                        container("large", Map.of(GPU, "4")).build(),
                        container("sidecar", Map.of(GPU, "1"))
                                .withRestartPolicy("Always")
                                .build(),
                        container("late", Map.of(GPU, "2")).build())
                .endSpec();

        assertThat(info(pod).requests()).isEqualTo(Map.of(GPU, 4000L));
        assertThat(info(pod.editSpec()
                                .editFirstContainer()
                                .editResources()
                                .addToLimits(GPU, new Quantity("4"))
                                .endResources()
                                .endContainer()
                                .endSpec())
                        .requests())
                .isEqualTo(Map.of(GPU, 5000L));
    }

    @Test
    void reasonsAreCountedByTextAndSorted() {
        var unfit =
                List.of(Unfit.forNow("b"), new Unfit(List.of("a", "b"), true), Unfit.forGood("c"), Unfit.forGood("b"));

        assertThat(FailureMessage.of(5, unfit)).isEqualTo("0/5 nodes are available: 1 a, 1 c, 3 b.");
        assertThat(FailureMessage.of(0, List.of())).isEqualTo("no nodes available to schedule pods");
    }

    private static PodInfo info(PodBuilder pod) {
        return PodInfo.of(pod.build());
    }

    private static NodeInfo node(NodeBuilder node) {
        return new NodeInfo(node.build(), List.of());
    }

    private static NodeBuilder ready() {
        return new NodeBuilder()
                .withNewMetadata()
                .withName("n1")
                .endMetadata()
                .withNewStatus()
                .withAllocatable(new TreeMap<>(Map.of("cpu", new Quantity("8"), GPU, new Quantity("4"))))
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus();
    }
}
