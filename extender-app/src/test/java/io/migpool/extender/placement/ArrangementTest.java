package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.policy.Arrangement;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the devices of a pod lie relative to one another. */
class ArrangementTest {

    private static final MemoryRequest SMALL = new MemoryRequest.MiB(8000);
    private static final NodeView TWO = Pool.node(Boards.a10080("a", 0), Boards.a10080("b", 1));

    private static final NodeView NUMA = Pool.node(
            Boards.onNuma(Boards.a10080("a", 0), 0),
            Boards.onNuma(Boards.shared("b", 1, 10, 81920), 1),
            Boards.onNuma(Boards.shared("c", 2, 10, 81920), 1));

    private static final NodeView MIXED =
            Pool.node(Boards.a10080("a", 0), Boards.shared("b", 1, 10, 81920), Boards.shared("c", 2, 10, 81920));

    private static PodDemand pod(Demands demands, String annotation) {
        return demands.demand(PodConstraints.fromAnnotations(Map.of(annotation, "true")));
    }

    private static List<String> gpus(PodDemand pod, NodeView node) {
        return Pool.placed(pod, node).stream()
                .flatMap(List::stream)
                .map(device -> device.substring(0, 1))
                .toList();
    }

    @Test
    void severalInstancesMayLieOnOneGpuUnlessThePodWantsThemSpread() {
        assertThat(gpus(Demands.mib(2, 8000), TWO)).containsExactly("a", "a");
        assertThat(gpus(pod(Demands.pod().app(2, SMALL), Annotations.SPREAD_DEVICES), TWO))
                .containsExactlyInAnyOrder("a", "b");
    }

    /** CUDA cannot use instances and shares of whole GPUs together. */
    @Test
    void theDevicesOfAContainerAreOfOneKindThoughAnInstanceIsPreferredToAShare() {
        NodeView oneSlice = Pool.with(Pool.with(MIXED, "a", "3g.40gb", 0, 4), "a", "2g.20gb", 4, 2);
        assertThat(gpus(Demands.mib(1, 8000), oneSlice)).containsExactly("a");
        assertThat(gpus(Demands.mib(2, 8000), oneSlice)).containsExactlyInAnyOrder("b", "c");
        assertThat(gpus(Demands.pod().app(1, SMALL).app(1, SMALL).demand(), oneSlice))
                .contains("a");
    }

    @Test
    void theDevicesThatAnInitContainerSharesWithTwoAppContainersAreOfOneKind() {
        NodeView oneSlice = Pool.with(Pool.with(MIXED, "a", "3g.40gb", 0, 4), "a", "2g.20gb", 4, 2);
        PodDemand pod = Demands.pod().init(2, SMALL).app(1, SMALL).app(1, SMALL).demand();
        assertThat(gpus(pod, oneSlice)).containsExactlyInAnyOrder("b", "c", "b", "c");
    }

    @Test
    void spreadingCountsThePodAndNotTheContainer() {
        PodDemand pod = pod(Demands.pod().app(1, SMALL).app(1, SMALL), Annotations.SPREAD_DEVICES);
        assertThat(gpus(pod, TWO)).containsExactlyInAnyOrder("a", "b");
        NodeView shared = Pool.node(Boards.shared("a", 0, 10, 81920), Boards.shared("b", 1, 10, 81920));
        assertThat(gpus(pod, shared)).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void anInitContainerStillUsesTheDeviceOfTheAppContainer() {
        PodDemand pod = pod(Demands.pod().init(1, SMALL).app(1, SMALL), Annotations.SPREAD_DEVICES);
        assertThat(gpus(pod, Pool.node(Boards.a10080("a", 0)))).containsExactly("a", "a");
    }

    @Test
    void moreDevicesThanGpusAreRefusedWithTheAnnotationThatIsInTheWay() {
        PodDemand pod = pod(Demands.pod().app(3, SMALL), Annotations.SPREAD_DEVICES);
        assertThat(Pool.refused(pod, TWO).text())
                .isEqualTo("the 3 devices of the pod fit, but not on different GPUs (migpool.io/spread-devices)");
    }

    @Test
    void numaBindHoldsPerContainerAndAcrossModes() {
        PodDemand one = pod(Demands.pod().app(2, new MemoryRequest.MiB(40000)), Annotations.NUMA_BIND);
        assertThat(gpus(one, NUMA)).containsExactlyInAnyOrder("b", "c");
        PodDemand three = pod(Demands.pod().app(2, new MemoryRequest.MiB(50000)), Annotations.NUMA_BIND);
        assertThat(gpus(three, NUMA)).containsExactlyInAnyOrder("b", "c");
        PodDemand two = pod(
                Demands.pod().app(1, new MemoryRequest.MiB(50000)).app(1, new MemoryRequest.MiB(50000)),
                Annotations.NUMA_BIND);
        assertThat(gpus(two, NUMA)).containsExactly("a", "b");
    }

    @Test
    void devicesThatFitOnlyAcrossNumaNodesAreRefusedWithTheAnnotationThatIsInTheWay() {
        NodeView node = Pool.node(
                Boards.onNuma(Boards.shared("a", 0, 10, 81920), 0),
                Boards.onNuma(Boards.shared("b", 1, 10, 81920), 1),
                Boards.onNuma(Boards.shared("c", 2, 10, 81920), 1));
        PodDemand pod = pod(Demands.pod().app(3, new MemoryRequest.MiB(50000)), Annotations.NUMA_BIND);
        assertThat(Pool.refused(pod, node).text())
                .isEqualTo(
                        "the pod's devices fit, but not those of each container on GPUs of one NUMA node (nvidia.com/numa-bind)");
        PodDemand hopeless = pod(
                Demands.pod().app(3, new MemoryRequest.MiB(50000)).app(1, new MemoryRequest.MiB(50000)),
                Annotations.NUMA_BIND);
        assertThat(Pool.refused(hopeless, node).code()).isEqualTo(ReasonCode.NOT_TOGETHER);
    }

    @ParameterizedTest
    @CsvSource({"true, true", "1, true", "T, true", "' TRUE ', true", "false, false", "0, false", "'', false"})
    void flagsAreReadAsGoReadsThem(String value, boolean expected) {
        PodConstraints read = PodConstraints.fromAnnotations(Map.of(Annotations.NUMA_BIND, value));
        assertThat(read.arrangement().numaBind()).isEqualTo(expected);
        assertThat(read.ignored()).isEmpty();
    }

    @Test
    void aFlagThatIsNeitherIsIgnoredWithAReason() {
        PodConstraints read = PodConstraints.fromAnnotations(Map.of(Annotations.SPREAD_DEVICES, "yes"));
        assertThat(read.arrangement()).isEqualTo(Arrangement.FREE);
        assertThat(read.ignored())
                .containsExactly("migpool.io/spread-devices: 'yes' is neither true nor false and is ignored");
    }
}
