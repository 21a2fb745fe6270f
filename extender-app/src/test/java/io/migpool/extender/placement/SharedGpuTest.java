package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.SharedGpu;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HAMi's cases of sharing in software ({@code pkg/device/nvidia/device_test.go}). */
class SharedGpuTest {

    private static final NodeView NODE = Pool.node(Boards.shared("a", 0, 2, 8192));

    private static NodeView used(long memoryMiB, int cores) {
        return NODE.plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare("a", memoryMiB, cores))));
    }

    private static PodDemand pod(long memoryMiB, int cores) {
        return Demands.pod().app(1, new MemoryRequest.MiB(memoryMiB), cores).demand();
    }

    @Test
    void memoryThatIsTakenIsNotGivenTwice() {
        assertThat(Pool.placedOne(pod(4096, 0), used(4096, 0))).isEqualTo("a 4096/0");
        assertThat(Pool.refused(pod(4097, 0), used(4096, 0)).text())
                .isEqualTo("not enough free GPU memory for 4097 MiB");
    }

    @Test
    void asManyContainersAsSlots() {
        NodeView full = used(1, 0).plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare("a", 1, 0))));
        assertThat(Pool.refused(pod(1, 0), full).code()).isEqualTo(ReasonCode.SLOTS);
    }

    @Test
    void coresThatAreTakenAreNotGivenTwice() {
        assertThat(Pool.refused(pod(64, 60), used(64, 50)).code()).isEqualTo(ReasonCode.CORES);
        assertThat(Pool.placedOne(pod(64, 50), used(64, 50))).isEqualTo("a 64/50");
    }

    @Test
    void allCoresMeanTheGpuAlone() {
        assertThat(Pool.placedOne(pod(64, 100), NODE)).isEqualTo("a 64/100");
        assertThat(Pool.refused(pod(64, 100), used(64, 0)).code()).isEqualTo(ReasonCode.EXCLUSIVE);
        assertThat(Pool.refused(pod(64, 0), used(64, 100)).text())
                .isEqualTo("all GPU cores are reserved by other pods");
    }

    @Test
    void shareAndWholeAreTakenFromTheGpusOwnSize() {
        assertThat(Pool.placedOne(Demands.percent(50), NODE)).isEqualTo("a 4096/0");
        assertThat(Pool.placedOne(
                        Demands.pod().app(1, new MemoryRequest.WholeGpu()).demand(), NODE))
                .isEqualTo("a 8192/100");
    }

    @Test
    void unhealthyAndCordonedGpusGetNoNewPods() {
        assertThat(Pool.refused(pod(64, 0), Pool.node(Boards.unhealthy(Boards.shared("a", 0, 2, 8192))))
                        .code())
                .isEqualTo(ReasonCode.UNHEALTHY);
        NodeView cordoned = Boards.node("node", List.of(SharedGpu.empty(Boards.shared("a", 0, 2, 8192), true)), null);
        assertThat(Pool.refused(pod(64, 0), cordoned).code()).isEqualTo(ReasonCode.CORDONED);
    }

    @Test
    void containersOfOnePodMayShareAGpuButDevicesOfOneContainerMayNot() {
        PodDemand two = Demands.pod()
                .app(1, new MemoryRequest.MiB(64))
                .app(1, new MemoryRequest.MiB(64))
                .demand();
        assertThat(Pool.placed(two, NODE)).containsExactly(List.of("a 64/0"), List.of("a 64/0"));
        assertThat(Pool.refused(Demands.mib(2, 64), NODE).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
    }

    /** The node does have as many GPUs as the container wants; the reason is why one of them cannot be used. */
    @Test
    void aNodeOfWhichAGpuIsOutOfUseHasNotTooFew() {
        NodeView unhealthy =
                Pool.node(Boards.shared("a", 0, 10, 8192), Boards.unhealthy(Boards.shared("b", 1, 10, 8192)));
        NodeView cordoned = Boards.node(
                "node",
                List.of(
                        SharedGpu.empty(Boards.shared("a", 0, 10, 8192), false),
                        SharedGpu.empty(Boards.shared("b", 1, 10, 8192), true)),
                null);
        assertThat(Pool.refused(Demands.mib(2, 64), unhealthy))
                .isEqualTo(new Reason(ReasonCode.OUT_OF_USE, "GPU is unhealthy"));
        assertThat(Pool.refused(Demands.mib(2, 64), cordoned))
                .isEqualTo(new Reason(ReasonCode.OUT_OF_USE, "GPU is cordoned"));
        assertThat(Pool.refused(Demands.mib(3, 64), cordoned).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
    }

    @Test
    void aNodeThatCouldNotHoldTheDevicesEvenIfEmptyIsToldApartFromAFullOne() {
        NodeView sliced = Pool.node(Boards.a30("a", 0), Boards.shared("b", 1, 10, 8192));
        assertThat(Pool.refused(Demands.mib(5, 5000), sliced))
                .isEqualTo(new Reason(
                        ReasonCode.TOO_FEW_GPUS,
                        "asks for 5 devices with 5000 MiB in one container, more than the node has even when empty"));
        NodeView used = Pool.with(sliced, "a", "1g.6gb", 0, 1);
        assertThat(Pool.refused(Demands.mib(4, 5000), used).code()).isEqualTo(ReasonCode.NOT_TOGETHER);
        NodeView unsuited = Pool.node(Boards.a10080("a", 0), Boards.shared("b", 1, 10, 8192));
        PodDemand pinned = Demands.pod()
                .app(2, new MemoryRequest.MiB(64))
                .demand(PodConstraints.fromAnnotations(Pool.constraint(Annotations.VGPU_MODE, "hami-core")));
        assertThat(Pool.refused(pinned, unsuited).text())
                .isEqualTo("asks for 2 GPUs in one container, more than the node has");
    }

    @Test
    void allProfilesThatServeCountWhereConfigurationAllowsFewOfEach() {
        MigRules rules = new MigRules(List.of(), Set.of(MigProfile.parse("1g.10gb+me"), MigProfile.parse("2g.20gb")));
        NodeView node = Pool.node(rules, Boards.a10080("a", 0));
        assertThat(Pool.placed(Demands.mib(4, 5000), node).getFirst()).hasSize(4);
        assertThat(Pool.refused(Demands.mib(5, 5000), node).code()).isEqualTo(ReasonCode.TOO_FEW_GPUS);
    }

    @Test
    void aGpuThatWouldNotHelpIsNotBlamed() {
        NodeView cordonedAndFull = Boards.node(
                        "node",
                        List.of(
                                SharedGpu.empty(Boards.shared("a", 0, 10, 81_920), false),
                                SharedGpu.empty(Boards.shared("b", 1, 10, 81_920), true)),
                        null)
                .plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare("b", 80_000, 0))));
        assertThat(Pool.refused(Demands.mib(2, 64_000), cordonedAndFull).code()).isEqualTo(ReasonCode.NOT_TOGETHER);
    }

    @Test
    void aGpuOutOfUseIsNamedWhateverContainersAndModes() {
        PodDemand inTwoContainers = Demands.pod()
                .app(1, new MemoryRequest.WholeGpu())
                .app(1, new MemoryRequest.WholeGpu())
                .demand();
        PodDemand inOne = Demands.pod().app(2, new MemoryRequest.WholeGpu()).demand();
        NodeView shared = Pool.node(Boards.shared("a", 0, 10, 8192), Boards.unhealthy(Boards.shared("b", 1, 10, 8192)));
        NodeView mig = Pool.node(Boards.a10080("a", 0), Boards.unhealthy(Boards.a10080("b", 1)));
        for (NodeView node : List.of(shared, mig)) {
            assertThat(Pool.refused(inOne, node)).isEqualTo(new Reason(ReasonCode.OUT_OF_USE, "GPU is unhealthy"));
            assertThat(Pool.refused(inTwoContainers, node).code()).isEqualTo(ReasonCode.OUT_OF_USE);
        }
    }

    @Test
    void ofSeveralDevicesTheOneThatIsTooLargeIsNamed() {
        NodeView node = Pool.node(Boards.shared("a", 0, 10, 81_920), Boards.shared("b", 1, 10, 81_920));
        PodDemand wholeAndTooLarge = Demands.pod()
                .app(1, new MemoryRequest.WholeGpu())
                .app(1, new MemoryRequest.MiB(100_000))
                .demand();
        assertThat(Pool.refused(wholeAndTooLarge, node).text())
                .isEqualTo("asks for 100000 MiB, but the largest GPU has 81920 MiB");
        PodDemand halfAndTooLarge = Demands.pod()
                .app(1, new MemoryRequest.Percentage(50))
                .app(1, new MemoryRequest.MiB(40_000))
                .demand();
        assertThat(Pool.refused(halfAndTooLarge, Pool.node(Boards.shared("a", 0, 10, 24_576)))
                        .text())
                .isEqualTo("asks for 40000 MiB, but the largest GPU has 24576 MiB");
    }

    @Test
    void aGpuFullOfInstancesOfAnEarlierModeGivesNothing() {
        NodeView mig = Pool.node(Boards.a10080("a", 0))
                .plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare("a", 64, 0))));
        assertThat(Pool.refused(pod(64, 0), mig).code()).isEqualTo(ReasonCode.NO_SLICE);
    }

    /** HAMi's webhook adds the cores to the pod; here they are reserved where the pod gets the whole of a GPU. */
    @ParameterizedTest
    @CsvSource({"100, 0, 100", "50, 0, 0", "100, 70, 70", "0, 0, 100", "0, 70, 70"})
    void aPodThatTakesAllMemoryAlsoTakesAllCores(int percent, int cores, int reserved) {
        MemoryRequest memory = percent == 0 ? new MemoryRequest.WholeGpu() : new MemoryRequest.Percentage(percent);
        assertThat(Pool.placedOne(Demands.pod().app(1, memory, cores).demand(), NODE))
                .endsWith("/" + reserved);
    }

    @Test
    void anAmountReservesNoCoresHoweverLarge() {
        assertThat(Pool.placedOne(pod(8192, 0), NODE)).isEqualTo("a 8192/0");
    }

    @Test
    void aWholeGpuWithFewerCoresToGiveIsStillWhole() {
        GpuInventory half = new GpuInventory(
                "a", 0, 2, 8192, 50, Boards.A30, 0, GpuMode.HAMI_CORE, List.of(), true, List.of(), List.of());
        PodDemand whole = Demands.pod().app(1, new MemoryRequest.WholeGpu()).demand();
        assertThat(Pool.placedOne(whole, Pool.node(half))).isEqualTo("a 8192/50");
    }

    /** deviceMemoryScaling 1.5: allocated memory may exceed what the GPU has, but never the scaled size. */
    @Test
    void anOversubscribedGpuIsFilledUpToItsScaledMemory() {
        NodeView node = Pool.node(Boards.shared("a", 0, 10, 12_288));
        NodeView most = node.plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare("a", 8192, 0))));
        assertThat(Pool.placedOne(pod(4096, 0), most)).isEqualTo("a 4096/0");
        assertThat(Pool.refused(pod(4097, 0), most).code()).isEqualTo(ReasonCode.MEMORY);
    }
}
