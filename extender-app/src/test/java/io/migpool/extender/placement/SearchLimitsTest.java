package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.SlotDemand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The cost of pods that fit nowhere. */
class SearchLimitsTest {

    /** Two of 3g leave no room beside them, one leaves room for four of 1g, none leaves room for seven: 33 is one too many. */
    private static final PodDemand HARD = Demands.pod()
            .app(8, new MemoryRequest.MiB(40_000))
            .app(33, new MemoryRequest.MiB(8000))
            .demand();

    private static NodeView node(String name, int gpus) {
        return Boards.node(
                name,
                Pool.node(IntStream.range(0, gpus)
                                .mapToObj(i -> Boards.a10080(name + i, i))
                                .toArray(GpuInventory[]::new))
                        .gpus(),
                null);
    }

    @Test
    void moreDevicesThanCouldEverLieOnANodeAreRefusedWithoutSearching() {
        NodeView node = node("n", 8);
        assertThat(Pool.refused(Demands.mib(17, 40_000), node).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
        assertThat(Pool.refused(Demands.mib(57, 8000), node).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
        assertThat(Pool.PLANNER.plan(Demands.mib(16, 40_000), node)).isInstanceOf(PlanOutcome.Fits.class);
        assertThat(Pool.PLANNER.plan(Demands.mib(56, 8000), node)).isInstanceOf(PlanOutcome.Fits.class);
    }

    @Test
    void aContainerSeesEachSharedGpuOnce() {
        NodeView shared = Pool.node(IntStream.range(0, 16)
                .mapToObj(i -> Boards.shared("s" + i, i, 10, 81_920))
                .toArray(GpuInventory[]::new));
        assertThat(Pool.refused(Demands.mib(17, 1000), shared).code()).isNotEqualTo(ReasonCode.SEARCH_LIMIT);
        assertThat(Pool.PLANNER.plan(Demands.mib(16, 1000), shared)).isInstanceOf(PlanOutcome.Fits.class);
        PodDemand two = Demands.pod()
                .app(16, new MemoryRequest.MiB(1000))
                .app(16, new MemoryRequest.MiB(1000))
                .demand();
        assertThat(Pool.PLANNER.plan(two, shared)).isInstanceOf(PlanOutcome.Fits.class);
    }

    @Test
    void nodesShareTheStepsOfLongSearchesAndEveryOneMayStillTakeThePodAtOnce() {
        List<NodeView> nodes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            nodes.add(node("hard" + i, 8));
        }
        nodes.add(node("easy", 16));

        Ranking ranking = new Planner(new FirstFit()).rankings().rank(HARD, nodes);

        assertThat(ranking.fits()).extracting(PlanOutcome.Fits::node).containsExactly("easy");
    }

    /** The scheduler takes a new text for an event and retries the pod at once. */
    @Test
    void whatIsRefusedWithoutBeingRememberedReadsTheSameInAnyOrderOfTheNodes() {
        String uuids = IntStream.range(0, 180)
                .mapToObj("GPU-00000000-0000-0000-0000-%012d"::formatted)
                .collect(Collectors.joining(","));
        PodDemand pod = Demands.pod()
                .app(4, new MemoryRequest.MiB(40_000))
                .app(9, new MemoryRequest.MiB(8000))
                .demand(PodConstraints.fromAnnotations(Map.of(Annotations.NO_USE_GPU_UUID, uuids)));
        List<NodeView> nodes = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            nodes.add(node("long-" + i, 3));
            nodes.add(node("short-" + i, 2));
        }
        nodes.sort(Comparator.comparing(NodeView::name));
        Rankings rankings = new Planner(new FirstFit()).rankings();

        Map<String, ReasonCode> forwards = codes(rankings.rank(pod, nodes));
        Map<String, ReasonCode> backwards = codes(rankings.rank(pod, nodes.reversed()));

        assertThat(backwards).isEqualTo(forwards).hasSize(nodes.size());
        assertThat(forwards.values()).as("the steps do not last for all").contains(ReasonCode.SEARCH_LIMIT);
    }

    private static Map<String, ReasonCode> codes(Ranking ranking) {
        return ranking.refusals().stream()
                .collect(Collectors.toMap(PlanOutcome.DoesNotFit::node, refusal -> refusal.reason()
                        .code()));
    }

    @Test
    void aBudgetIsSpentByLongSearchesOnly() {
        StepBudget budget = new StepBudget(HARD);
        int searches = 0;
        while (!budget.isSpent()) {
            StepLimit limit = budget.next();
            while (limit.step()) {
                assertThat(limit.exceeded()).isFalse();
            }
            budget.spent(limit);
            searches++;
        }
        assertThat(searches).isBetween(2, 10);
        for (int i = 0; i < 1000; i++) {
            StepLimit limit = budget.next();
            for (SlotDemand slot : HARD.slots()) {
                assertThat(limit.step()).as("%s", slot).isTrue();
            }
            budget.spent(limit);
        }
    }
}
