package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances or shares of whole GPUs, where a pod may have either. */
class PreferredKindTest {

    private static final MemoryRequest SMALL = new MemoryRequest.MiB(8000);
    private static final MemoryRequest WHOLE = new MemoryRequest.WholeGpu();

    private final Planner planner = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));

    private static NodeView sliced() {
        return named("sliced", Pool.node(Boards.a10080("a", 0), Boards.a10080("b", 1)));
    }

    private static NodeView shared() {
        return named("shared", Pool.node(Boards.shared("c", 0, 10, 81_920), Boards.shared("d", 1, 10, 81_920)));
    }

    private static NodeView named(String name, NodeView node) {
        return Boards.node(name, node.gpus(), null);
    }

    private String best(PodDemand pod, NodeView... nodes) {
        return planner.rank(pod, List.of(nodes)).best(1).getFirst().node();
    }

    @Test
    void oneInstanceIsolatesBetterThanAShare() {
        assertThat(best(Demands.mib(8000), sliced(), shared())).isEqualTo("sliced");
        assertThat(best(Demands.percent(50), sliced(), shared())).isEqualTo("sliced");
    }

    @Test
    void severalDevicesOfAContainerAreGpusThatOneProcessCanUseTogether() {
        assertThat(best(Demands.mib(2, 8000), sliced(), shared())).isEqualTo("shared");
        assertThat(best(Demands.pod().app(2, WHOLE).demand(), sliced(), shared()))
                .isEqualTo("shared");
        assertThat(best(Demands.pod().app(1, SMALL).app(1, SMALL).demand(), sliced(), shared()))
                .as("one device each")
                .isEqualTo("sliced");
    }

    @Test
    void aWholeGpuIsMoreThanTheFullSizeInstance() {
        assertThat(best(Demands.pod().app(1, WHOLE).demand(), sliced(), shared()))
                .isEqualTo("shared");
        assertThat(best(Demands.percent(100), sliced(), shared())).isEqualTo("shared");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fragmentation", "binpack", "spread", "first-fit"})
    void theOtherKindIsTakenWhereThePreferredOneIsNotFree(String policy) {
        PodDemand pair = Demands.mib(2, 8000);
        PodDemand pod = new PodDemand(pair.request(), pair.constraints(), PolicyChoice.of("gpu", policy, "node", ""));
        NodeView oneGpu = named("shared", Pool.node(Boards.shared("c", 0, 10, 81_920)));
        NodeView used =
                shared().plus(new PodOccupancy("shared", List.of(new DevicePart.SoftwareShare("c", 80_000, 0))));

        assertThat(best(pod, sliced(), oneGpu)).isEqualTo("sliced");
        assertThat(best(pod, sliced(), used)).isEqualTo("sliced");
    }

    @Test
    void onOneNodeWithBothKindsTheSameHolds() {
        NodeView both =
                Pool.node(Boards.a10080("a", 0), Boards.shared("c", 1, 10, 81_920), Boards.shared("d", 2, 10, 81_920));

        assertThat(Pool.placedOne(Demands.mib(8000), both)).startsWith("a 1g.10gb@");
        assertThat(Pool.placed(Demands.mib(2, 8000), both).getFirst())
                .containsExactlyInAnyOrder("c 8000/0", "d 8000/0");
        assertThat(Pool.placed(Demands.mib(3, 8000), both).getFirst())
                .allSatisfy(place -> assertThat(place).startsWith("a 1g.10gb@"));
    }

    @Test
    void aPinnedPodIsLeftNoChoice() {
        PodDemand pinned = Demands.pod()
                .app(2, SMALL)
                .demand(PodConstraints.fromAnnotations(Pool.constraint(Annotations.VGPU_MODE, "mig")));

        assertThat(best(pinned, sliced(), shared())).isEqualTo("sliced");
    }
}
