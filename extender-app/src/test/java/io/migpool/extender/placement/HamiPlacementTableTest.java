package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** HAMi's own cases of placing MIG instances ({@code mig_topology_test.go}, {@code mig_capability_test.go}). */
class HamiPlacementTableTest {

    private static final List<ProfileCapability> PROFILES = List.of(
            Boards.profile("1g.5gb", 5120, 14, 1, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            Boards.profile("2g.10gb", 10240, 28, 2, 3, 2, 0, 2, 4),
            Boards.profile("3g.20gb", 20480, 42, 3, 2, 4, 0, 4));

    private static GpuInventory gpu(String uuid, int index) {
        return Boards.mig(uuid, index, Boards.A100_40, 40960, PROFILES);
    }

    private static NodeView threeTwos() {
        NodeView node = Pool.node(gpu("a", 0));
        for (int start : List.of(0, 2, 4)) {
            node = Pool.with(node, "a", "2g.10gb", start, 2);
        }
        return node;
    }

    private static PodDemand devices(long... mebibytes) {
        Demands pod = Demands.pod();
        for (long amount : mebibytes) {
            pod.app(1, new MemoryRequest.MiB(amount));
        }
        return pod.demand();
    }

    @Test
    void threeTwoOneOneAfterEachOtherTakeStartsFourZeroThreeTwo() {
        NodeView node = Pool.node(gpu("a", 0));
        List<String> placed = new ArrayList<>();
        for (long mebibytes : List.of(20480L, 10240L, 5120L, 5120L)) {
            placed.add(Pool.placedOne(Demands.mib(mebibytes), node));
            node = Pool.after(Demands.mib(mebibytes), node);
        }
        assertThat(placed).containsExactly("a 3g.20gb@4:4", "a 2g.10gb@0:2", "a 1g.5gb@3:1", "a 1g.5gb@2:1");
    }

    @Test
    void threeTwoOneOneFitTogether() {
        assertThat(Pool.placed(devices(20480, 10240, 5120, 5120), Pool.node(gpu("a", 0))))
                .hasSize(4);
    }

    @Test
    void twoOneOneFitBesideAThree() {
        NodeView node = Pool.with(Pool.node(gpu("a", 0)), "a", "3g.20gb", 4, 4);
        assertThat(Pool.placed(devices(10240, 5120, 5120), node)).hasSize(3);
    }

    @Test
    void nothingFitsBesideTwoThrees() {
        NodeView node = Pool.with(Pool.with(Pool.node(gpu("a", 0)), "a", "3g.20gb", 4, 4), "a", "3g.20gb", 0, 4);
        assertThat(Pool.refused(devices(5120), node).code()).isEqualTo(ReasonCode.NO_SLICE);
    }

    @Test
    void aFourthTwoDoesNotFit() {
        assertThat(Pool.refused(devices(10240), threeTwos()).text())
                .isEqualTo("no free MIG slice for 10240 MiB (2g.10gb)");
    }

    @Test
    void tenThousandMebibytesGetATwoWithTheMemoryAndCoresOfTheProfile() {
        PlanOutcome.Fits fits = (PlanOutcome.Fits) Pool.PLANNER.plan(devices(10000), Pool.node(gpu("a", 0)));
        DeviceAssignment device = fits.plan().containers().getFirst().getFirst();
        assertThat(device.part().toString()).contains("2g.10gb").contains("0:2");
        assertThat(device.memoryMiB()).isEqualTo(10240);
        assertThat(device.cores()).isEqualTo(28);
    }

    @Test
    void besideThreeTwosOnlyASmallRequestFits() {
        assertThat(Pool.refused(devices(10000), threeTwos()).code()).isEqualTo(ReasonCode.NO_SLICE);
        assertThat(Pool.placedOne(devices(5000), threeTwos())).isEqualTo("a 1g.5gb@6:1");
    }

    @Test
    void aSecondSmallDeviceOfThePodFitsOnlyOnAnotherGpu() {
        assertThat(Pool.refused(devices(5000, 5000), threeTwos()).code()).isEqualTo(ReasonCode.NOT_TOGETHER);

        NodeView two = Pool.node(gpu("a", 0), gpu("b", 1));
        for (GpuInventory gpu : List.of(gpu("a", 0), gpu("b", 1))) {
            for (int start : List.of(0, 2, 4)) {
                two = Pool.with(two, gpu.uuid(), "2g.10gb", start, 2);
            }
        }
        assertThat(Pool.placed(devices(5000, 5000), two).stream().flatMap(List::stream))
                .containsExactlyInAnyOrder("a 1g.5gb@6:1", "b 1g.5gb@6:1");
    }

    @Test
    void aQuarterOfTheBoardDoesNotFitWhereOnlyAnEighthIsFree() {
        assertThat(Pool.refused(Demands.percent(25), threeTwos()).code()).isEqualTo(ReasonCode.NO_SLICE);
    }

    @Test
    void halfABoardIsRefusedWhereNoProfileIsThatLarge() {
        GpuInventory small = Boards.mig("a", 0, Boards.A100_40, 8192, PROFILES.subList(0, 2));
        assertThat(Pool.refused(Demands.percent(50), Pool.node(small)).text())
                .isEqualTo("no allowed MIG profile serves 50 %: ask for less or allow a larger profile");
    }

    @Test
    void twoDevicesOfOneContainerMayLieOnOneMigGpu() {
        List<String> placed =
                Pool.placed(Demands.mib(2, 5000), Pool.node(gpu("a", 0))).getFirst();
        assertThat(placed).containsExactlyInAnyOrder("a 1g.5gb@6:1", "a 1g.5gb@5:1");
    }

    @Test
    void twoDevicesDoNotFitIntoOnePlacement() {
        Reason reason = Pool.refused(Demands.mib(2, 5000), threeTwos());
        assertThat(reason.text()).isEqualTo("the 2 devices of the pod do not fit on the node together");
    }

    @Test
    void twoDevicesOfOneContainerNeedTwoSoftwareSharedGpus() {
        NodeView node = Pool.node(Boards.shared("a", 0, 10, 81920));
        assertThat(Pool.refused(Demands.mib(2, 5000), node).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
        assertThat(Stream.of(Pool.placed(
                                Demands.mib(2, 5000),
                                Pool.node(Boards.shared("a", 0, 10, 81920), Boards.shared("b", 1, 10, 81920)))
                        .getFirst()
                        .toArray()))
                .containsExactly("a 5000/0", "b 5000/0");
    }
}
