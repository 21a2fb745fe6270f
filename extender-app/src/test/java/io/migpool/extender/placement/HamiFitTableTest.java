package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HAMi's cases of choosing among software-shared GPUs ({@code pkg/device/nvidia/device_test.go}). */
class HamiFitTableTest {

    private static final Planner PLANNER = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));
    private static final int SLOTS = 10;
    private static final long MIB = 128;

    private static NodeView idle(int gpus) {
        List<GpuInventory> boards = new ArrayList<>();
        for (int i = 0; i < gpus; i++) {
            boards.add(Boards.shared("dev-" + i, i, SLOTS, MIB));
        }
        return Pool.node(boards.toArray(GpuInventory[]::new));
    }

    private static NodeView used(NodeView node, String gpu, long memoryMiB, int cores) {
        return node.plus(new PodOccupancy("node", List.of(new DevicePart.SoftwareShare(gpu, memoryMiB, cores))));
    }

    private static PodDemand pod(int devices, long memoryMiB, int cores, String... annotations) {
        Map<String, String> said = new HashMap<>();
        for (int i = 0; i < annotations.length; i += 2) {
            said.put(annotations[i], annotations[i + 1]);
        }
        return new PodDemand(
                Demands.pod()
                        .app(devices, new MemoryRequest.MiB(memoryMiB), cores)
                        .demand()
                        .request(),
                PodConstraints.fromAnnotations(said),
                PolicyChoice.fromAnnotations(said));
    }

    private static List<String> chosen(PodDemand pod, NodeView node) {
        PlanOutcome outcome = PLANNER.plan(pod, node);
        assertThat(outcome).isInstanceOf(PlanOutcome.Fits.class);
        return ((PlanOutcome.Fits) outcome)
                .plan().containers().getFirst().stream()
                        .map(device -> device.part().gpuUuid())
                        .toList();
    }

    private static ReasonCode refused(PodDemand pod, NodeView node) {
        PlanOutcome outcome = PLANNER.plan(pod, node);
        assertThat(outcome).isInstanceOf(PlanOutcome.DoesNotFit.class);
        return ((PlanOutcome.DoesNotFit) outcome).reason().code();
    }

    /** HAMi takes the last one here, because it reads its sorted list from the end; the first is what people expect. */
    @ParameterizedTest
    @CsvSource({"binpack", "spread", "first-fit", "fragmentation"})
    void ofIdleGpusTheFirstIsTaken(String policy) {
        assertThat(chosen(pod(1, 64, 50, Annotations.GPU_SCHEDULER_POLICY, policy), idle(2)))
                .containsExactly("dev-0");
    }

    /** Where HAMi says CardInsufficientMemory for both, more than the GPU has in all is distinguished from too little left. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, 512, 0, TOO_LARGE",
        "100, 0, 64, 0, MEMORY",
        "8, 60, 64, 50, CORES",
        "8, 0, 64, 100, EXCLUSIVE",
        "8, 100, 64, 0, CORES",
        "128, 0, 1, 0, MEMORY"
    })
    void oneGpuIsRefusedWithItsReason(long usedMiB, int usedCores, long memoryMiB, int cores, ReasonCode code) {
        NodeView node = usedMiB == 0 ? idle(1) : used(idle(1), "dev-0", usedMiB, usedCores);
        assertThat(refused(pod(1, memoryMiB, cores), node)).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({
        "nvidia.com/use-gputype, V100, TYPE",
        "nvidia.com/nouse-gputype, A100, TYPE",
        "nvidia.com/use-gpuuuid, other, UUID",
        "nvidia.com/nouse-gpuuuid, dev-0, UUID",
        "nvidia.com/vgpu-mode, mig, MODE"
    })
    void constraintsExcludeGpus(String annotation, String value, ReasonCode code) {
        assertThat(refused(pod(1, 64, 0, annotation, value), idle(1))).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"nvidia.com/nouse-gputype, 'V100,'", "nvidia.com/use-gputype, ' '", "nvidia.com/use-gpuuuid, ','"})
    void blankAndForeignMembersExcludeNothing(String annotation, String value) {
        assertThat(chosen(pod(1, 64, 0, annotation, value), idle(1))).containsExactly("dev-0");
    }

    @Test
    void aGpuWithAsManyContainersAsSlotsIsFull() {
        NodeView node = idle(1);
        for (int i = 0; i < SLOTS; i++) {
            node = used(node, "dev-0", 1, 0);
        }
        assertThat(refused(pod(1, 1, 0), node)).isEqualTo(ReasonCode.SLOTS);
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "3, 2"})
    void aContainerCannotHaveMoreSharesThanTheNodeHasGpus(int devices, int gpus) {
        assertThat(refused(pod(devices, 8, 0), idle(gpus))).isEqualTo(ReasonCode.TOO_FEW_GPUS);
    }

    @Test
    void unhealthyAndCordonedGpusAreNamedAsSuch() {
        assertThat(refused(pod(1, 8, 0), Pool.node(Boards.unhealthy(Boards.shared("dev-0", 0, SLOTS, MIB)))))
                .isEqualTo(ReasonCode.UNHEALTHY);
        NodeView cordoned = Boards.node(
                "node",
                List.of(
                        SharedGpu.empty(Boards.shared("dev-0", 0, SLOTS, MIB), true),
                        SharedGpu.empty(Boards.shared("dev-1", 1, SLOTS, MIB), true)),
                null);
        assertThat(refused(pod(1, 8, 0), cordoned)).isEqualTo(ReasonCode.CORDONED);
    }

    @Test
    void mutexTakesAnIdleGpu() {
        assertThat(chosen(pod(1, 8, 0, Annotations.GPU_SCHEDULER_POLICY, "mutex"), used(idle(2), "dev-0", 8, 0)))
                .containsExactly("dev-1");
    }

    @Test
    void numaBindKeepsAContainerOnOneNumaNode() {
        NodeView node = Pool.node(
                Boards.onNuma(Boards.shared("dev-0", 0, SLOTS, MIB), 1),
                Boards.onNuma(Boards.shared("dev-1", 1, SLOTS, MIB), 1),
                Boards.onNuma(Boards.shared("dev-2", 2, SLOTS, MIB), 0));
        assertThat(chosen(pod(2, 64, 0, Annotations.NUMA_BIND, "true"), node))
                .containsExactlyInAnyOrder("dev-0", "dev-1");
    }

    private static NodeView linked(int gpus, Object... pairs) {
        Map<String, Map<String, Integer>> scores = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 3) {
            String one = "dev-" + pairs[i];
            String other = "dev-" + pairs[i + 1];
            scores.computeIfAbsent(one, any -> new HashMap<>()).put(other, (Integer) pairs[i + 2]);
            scores.computeIfAbsent(other, any -> new HashMap<>()).put(one, (Integer) pairs[i + 2]);
        }
        return new NodeView("node", idle(gpus).gpus(), null, new LinkScores(scores));
    }

    private static List<String> byTopology(int devices, NodeView node) {
        return chosen(pod(devices, 8, 0, Annotations.GPU_SCHEDULER_POLICY, "topology-aware"), node);
    }

    @Test
    void topologyTakesTheLeastLinkedGpuForOneDeviceAndTheBestLinkedForSeveral() {
        NodeView node = linked(3, 0, 1, 100, 0, 2, 200, 1, 2, 150);
        assertThat(byTopology(1, node)).containsExactly("dev-1");
        assertThat(byTopology(2, node)).containsExactlyInAnyOrder("dev-0", "dev-2");
    }

    @Test
    void topologyLooksAtTheWholeTeamAndNotAtTheFirstPair() {
        NodeView star = linked(6, 5, 0, 100, 5, 2, 100);
        assertThat(byTopology(3, star)).containsExactlyInAnyOrder("dev-5", "dev-2", "dev-0");

        NodeView trap = linked(5, 0, 1, 100, 2, 3, 80, 2, 4, 80, 3, 4, 80);
        assertThat(byTopology(3, trap)).containsExactlyInAnyOrder("dev-2", "dev-3", "dev-4");
    }

    @Test
    void topologyReadsScoresBelowZeroToo() {
        NodeView node = linked(3, 0, 1, -100, 0, 2, -200, 1, 2, -50);
        assertThat(byTopology(1, node)).containsExactly("dev-0");
        assertThat(byTopology(2, node)).containsExactlyInAnyOrder("dev-1", "dev-2");
    }

    @Test
    void withoutScoresGpusOfOneNumaNodeAreCloser() {
        NodeView node = Pool.node(
                Boards.onNuma(Boards.shared("dev-0", 0, SLOTS, MIB), 0),
                Boards.onNuma(Boards.shared("dev-1", 1, SLOTS, MIB), 1),
                Boards.onNuma(Boards.shared("dev-2", 2, SLOTS, MIB), 1));
        assertThat(byTopology(2, node)).containsExactlyInAnyOrder("dev-1", "dev-2");
        assertThat(byTopology(1, node)).containsExactly("dev-0");
    }

    @Test
    void topologyPassesOverGpusWithoutRoom() {
        NodeView node = used(linked(3, 0, 1, 100, 0, 2, 200, 1, 2, 150), "dev-2", MIB, 0);
        assertThat(byTopology(2, node)).containsExactlyInAnyOrder("dev-0", "dev-1");
    }

    @Test
    void onNodesWithVeryManyGpusTheTeamIsTakenOneByOne() {
        NodeView node = linked(16, 14, 15, 300, 13, 15, 200, 13, 14, 100);
        assertThat(byTopology(3, node)).containsExactlyInAnyOrder("dev-13", "dev-14", "dev-15");
    }

    /** HAMi 2.10 could give one container the same GPU twice here; several instances of one GPU are what MIG is for. */
    @Test
    void topologySaysNothingAboutInstances() {
        PodDemand pod = pod(2, 9000, 0, Annotations.GPU_SCHEDULER_POLICY, "topology-aware,binpack");
        NodeView node =
                Pool.with(Pool.node(Boards.a10080("dev-0", 0), Boards.a10080("dev-1", 1)), "dev-1", "2g.20gb", 0, 2);
        assertThat(chosen(pod, node)).containsExactly("dev-1", "dev-1");
    }

    /** Slots, cores and memory in use are 20, 90 and 50 % of one GPU and 80, 10 and 60 % of the other, the pod included. */
    @ParameterizedTest
    @CsvSource({
        "'',                       dev-0",
        "'slot=1,core=1,memory=1', dev-0",
        "'slot=1,core=1,memory=3', dev-1",
        "'slot=1,core=3,memory=1', dev-0",
        "'memory=1, core=0 ,slot=0', dev-1"
    })
    void weightsSayWhatCountsAsFull(String weights, String fullest) {
        NodeView node = Pool.node(Boards.shared("dev-0", 0, SLOTS, 8000), Boards.shared("dev-1", 1, SLOTS, 8000));
        node = used(node, "dev-0", 3200, 85);
        for (int i = 0; i < 6; i++) {
            node = used(node, "dev-1", i == 0 ? 4000 : 0, i == 0 ? 5 : 0);
        }
        node = used(node, "dev-1", 0, 0);
        PodDemand binpack = pod(
                1, 800, 5, Annotations.GPU_SCHEDULER_POLICY, "binpack", Annotations.DEVICE_SCORING_WEIGHTS, weights);
        PodDemand spread =
                pod(1, 800, 5, Annotations.GPU_SCHEDULER_POLICY, "spread", Annotations.DEVICE_SCORING_WEIGHTS, weights);
        assertThat(chosen(binpack, node)).containsExactly(fullest);
        assertThat(chosen(spread, node)).doesNotContain(fullest);
    }

    /** HAMi's figure is ten times this, for a GPU with 2 of 10 slots, 1 of 4 cores and 2048 of 8192 MiB in use. */
    @Test
    void useIsWhatItWouldBeWithTheDevice() {
        GpuInventory gpu = new GpuInventory(
                "a",
                0,
                10,
                8192,
                4,
                Boards.A30,
                0,
                Boards.shared("a", 0, 1, 1).mode(),
                List.of(),
                true,
                List.of(),
                List.of());
        DeviceOption option = new DeviceOption.ShareOption(new SharedGpu(gpu, false, 2, 2048, 1), 0, 1024, 1, true);
        assertThat(option.fullness(ScoringWeights.EQUAL)).isEqualTo(1_175_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "slot=1,core=1",
                "slot=-1,core=1,memory=1",
                "slot=0,core=0,memory=0",
                "slot=1,core=1,memory=x",
                "slot=1,core=1,memory=1,slot=1",
                "slot=1,core=1,memory=1,disk=1",
                "1,1,1",
                "slot=1,core=1,memory=40000"
            })
    void weightsThatAreNotUnderstoodKeepThePodWaiting(String weights) {
        PlanOutcome outcome = PLANNER.plan(pod(1, 8, 0, Annotations.DEVICE_SCORING_WEIGHTS, weights), idle(1));
        assertThat(outcome).isInstanceOfSatisfying(PlanOutcome.DoesNotFit.class, refusal -> assertThat(
                        refusal.reason().text())
                .isEqualTo("hami.io/device-scoring-weights '" + weights
                        + "' is not valid: give slot, core and memory a whole number from 0 to 32767"
                        + " each, not all 0, as in slot=1,core=1,memory=3"));
    }

    /** HAMi compares nodes by slots, cores and memory before the pod; here the part of the GPUs taken with the pod counts. */
    @Test
    void nodesAreComparedByWhatIsTakenWithThePod() {
        NodeView manySmall = idle(1);
        for (int i = 0; i < 5; i++) {
            manySmall = used(manySmall, "dev-0", 1, 0);
        }
        NodeView one = Boards.node("other", used(idle(1), "dev-0", 64, 0).gpus(), null);
        PodDemand pod = pod(1, 8, 0, Annotations.NODE_SCHEDULER_POLICY, "binpack");
        assertThat(PLANNER.rank(pod, Arrays.asList(manySmall, one))
                        .fits()
                        .getFirst()
                        .node())
                .isEqualTo("other");
    }
}
