package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One device serves a pod for its whole life (D3). */
class InitContainerTest {

    private static final MemoryRequest SMALL = new MemoryRequest.MiB(8000);
    private static final MemoryRequest LARGE = new MemoryRequest.MiB(30000);
    private static final NodeView NODE = Pool.node(Boards.a10080("a", 0));

    private static List<DevicePart> occupied(PodDemand pod, NodeView node) {
        return ((PlanOutcome.Fits) Pool.PLANNER.plan(pod, node))
                .plan()
                .occupancy()
                .parts();
    }

    @Test
    void anInitContainerUsesTheInstanceOfTheAppContainer() {
        PodDemand pod = Demands.pod().init(1, SMALL).app(1, SMALL).demand();
        assertThat(Pool.placed(pod, NODE)).containsExactly(List.of("a 1g.10gb@6:1"), List.of("a 1g.10gb@6:1"));
        assertThat(occupied(pod, NODE)).hasSize(1);
    }

    @Test
    void theLargerRequestDecidesTheProfile() {
        PodDemand pod = Demands.pod().init(1, LARGE).app(1, SMALL).demand();
        assertThat(Pool.placed(pod, NODE)).containsExactly(List.of("a 3g.40gb@4:4"), List.of("a 3g.40gb@4:4"));
    }

    @Test
    void anInitContainerSharesWithTheContainerToWhichKubeletPassesItsDeviceOn() {
        PodDemand pod = Demands.pod().init(1, LARGE).app(1, SMALL).app(1, LARGE).demand();
        assertThat(Pool.placed(pod, NODE))
                .containsExactly(List.of("a 3g.40gb@4:4"), List.of("a 3g.40gb@4:4"), List.of("a 3g.40gb@0:4"));
    }

    @Test
    void anInitContainerThatWantsMoreDevicesGetsExtraOnesWhichLaterInitContainersUse() {
        PodDemand pod =
                Demands.pod().init(2, SMALL).init(2, SMALL).app(1, SMALL).demand();
        assertThat(Pool.placed(pod, NODE).get(0))
                .isEqualTo(Pool.placed(pod, NODE).get(1));
        assertThat(occupied(pod, NODE)).hasSize(2);
    }

    @Test
    void aSidecarKeepsItsDeviceFromInitContainersThatRunBesideIt() {
        PodDemand before = Demands.pod().sidecar(1, SMALL).init(1, SMALL).demand();
        assertThat(occupied(before, NODE)).hasSize(2);
        PodDemand after = Demands.pod().init(1, SMALL).sidecar(1, SMALL).demand();
        assertThat(occupied(after, NODE)).hasSize(1);
    }

    @Test
    void softwareSharesCountOnceToo() {
        NodeView node = Pool.node(Boards.shared("a", 0, 10, 81920), Boards.shared("b", 1, 10, 81920));
        PodDemand pod = Demands.pod().init(2, LARGE).app(1, SMALL).demand();
        assertThat(Pool.placed(pod, node).get(1))
                .hasSize(1)
                .isSubsetOf(Pool.placed(pod, node).get(0));
        assertThat(occupied(pod, node)).hasSize(2);
    }

    /** HAMi's table of the memory and slots that a pod with init containers takes of one GPU. */
    @ParameterizedTest
    @CsvSource({
        "'',        '100,200',     300, 2",
        "'100,200', '',            200, 1",
        "'500',     '100',         500, 1",
        "'100',     '200,300',     500, 2",
        "'',        '100,100,100', 300, 3"
    })
    void aSharedGpuIsChargedForTheLargerOfTheTwo(String init, String apps, long memoryMiB, int slots) {
        Demands pod = Demands.pod();
        amounts(init).forEach(amount -> pod.init(1, amount));
        amounts(apps).forEach(amount -> pod.app(1, amount));
        NodeView after = Pool.after(pod.demand(), Pool.node(Boards.shared("a", 0, 10, 81920)));
        assertThat(after.gpus().getFirst().usedMemoryMiB()).isEqualTo(memoryMiB);
        assertThat(after.gpus().getFirst().users()).isEqualTo(slots);
    }

    private static List<MemoryRequest> amounts(String amounts) {
        return Arrays.stream(amounts.split(","))
                .filter(amount -> !amount.isEmpty())
                .<MemoryRequest>map(amount -> new MemoryRequest.MiB(Long.parseLong(amount)))
                .toList();
    }
}
