package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.ReasonCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulingPoliciesTest {

    private static final String[] MIB = {"9000", "20000", "40000", "80000"};

    private final RequestMix mix = new RequestMix();
    private final SchedulingPolicies policies = new SchedulingPolicies(mix, PolicyChoice.NONE);
    private final Planner planner = new Planner(policies);

    private static PodDemand pod(long mib, String gpuPolicy, String nodePolicy) {
        PodDemand plain = Demands.mib(mib);
        return new PodDemand(
                plain.request(),
                plain.constraints(),
                PolicyChoice.fromAnnotations(Map.of(
                        Annotations.GPU_SCHEDULER_POLICY, gpuPolicy, Annotations.NODE_SCHEDULER_POLICY, nodePolicy)));
    }

    private static NodeView node(String name, GpuInventory... gpus) {
        NodeView node = Pool.node(gpus);
        return Boards.node(name, node.gpus(), null);
    }

    private static NodeView with(NodeView node, String gpu, String profile, int start, int size) {
        return Pool.with(node, gpu, profile, start, size);
    }

    private DevicePart.MigSlice best(PodDemand pod, NodeView... nodes) {
        return (DevicePart.MigSlice) bestPart(pod, nodes);
    }

    private DevicePart bestPart(PodDemand pod, NodeView... nodes) {
        Plan plan = planner.rank(pod, List.of(nodes)).fits().getFirst().plan();
        return plan.occupancy().parts().getFirst();
    }

    private static NodeView sharedNode(String name, Map<GpuInventory, Long> usedMiB) {
        NodeView node = node(
                name,
                usedMiB.keySet().stream()
                        .sorted(Comparator.comparingInt(GpuInventory::index))
                        .toArray(GpuInventory[]::new));
        List<DevicePart> parts = new ArrayList<>();
        usedMiB.forEach((gpu, used) -> parts.add(new DevicePart.SoftwareShare(gpu.uuid(), used, 0)));
        return node.plus(new PodOccupancy(name, parts));
    }

    @Test
    void ofAllGpusAndStartsOfTheClusterTheOneThatCostsLeastIsTaken() {
        long seed = 31;
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            List<NodeView> nodes = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                nodes.add(node("n" + n, Boards.a10080("g" + n + "a", 0), Boards.a10080("g" + n + "b", 1)));
            }
            for (int i = 0; i < 14; i++) {
                PodDemand pod = Demands.mib(Long.parseLong(MIB[random.nextInt(i % 5 == 0 ? 4 : 2)]));
                mix.observe(pod);
                List<PlanOutcome.Fits> fits = planner.rank(pod, nodes).fits();
                List<Long> costs = everyCost(pod, nodes);
                assertThat(fits.isEmpty()).as("seed %d", seed).isEqualTo(costs.isEmpty());
                if (!fits.isEmpty()) {
                    assertThat(fits.getFirst().cost().fragmentation())
                            .as("seed %d, round %d, pod %d", seed, round, i)
                            .isEqualTo(costs.stream().min(Long::compare).orElseThrow());
                    Plan plan = fits.getFirst().plan();
                    int at = Integer.parseInt(plan.node().substring(1));
                    assertThat(nodes.get(at).admits(plan.occupancy())).isTrue();
                    nodes.set(at, nodes.get(at).plus(plan.occupancy()));
                }
            }
        }
    }

    /** Of the smallest profile that has room somewhere on its GPU, as the planner prefers. */
    private List<Long> everyCost(PodDemand pod, List<NodeView> nodes) {
        Fragmentation.Scores scores = new Fragmentation(mix).scores();
        List<Long> costs = new ArrayList<>();
        int smallest = Integer.MAX_VALUE;
        for (NodeView node : nodes) {
            for (GpuView view : node.gpus()) {
                MigGpu gpu = (MigGpu) view;
                for (int profile : gpu.board().serving(pod.slots().getFirst())) {
                    ProfileCapability capability = gpu.board().profile(profile);
                    List<Placement> free =
                            capability.placements().stream().filter(gpu::isFree).toList();
                    if (!free.isEmpty()) {
                        if (capability.size() < smallest) {
                            smallest = capability.size();
                            costs.clear();
                        }
                        if (capability.size() == smallest) {
                            free.forEach(
                                    place -> costs.add(scores.of(gpu.board()).cost(gpu.units(), place)));
                        }
                        break;
                    }
                }
            }
        }
        return costs;
    }

    @Test
    void atEqualCostAnIdleInstanceIsTaken() {
        GpuInventory plain = Boards.a10080("a", 0);
        GpuInventory idle = Boards.idle(Boards.a10080("b", 1), "3g.40gb", 4, 4);
        assertThat(best(Demands.mib(40_000), node("n", plain, idle)).gpuUuid()).isEqualTo("b");
        assertThat(best(Demands.mib(40_000), node("m", plain), node("n", idle)).gpuUuid())
                .isEqualTo("b");
    }

    @Test
    void anIdleInstanceThatCostsMoreIsLeft() {
        GpuInventory idle = Boards.idle(Boards.a10080("b", 1), "1g.10gb", 0, 1);
        NodeView node = with(node("n", Boards.a10080("a", 0), idle), "a", "3g.40gb", 4, 4);
        assertThat(best(Demands.mib(9000), node).gpuUuid()).isEqualTo("a");
    }

    @Test
    void equalClustersGiveEqualAnswersAndTheFirstNameWins() {
        NodeView[] nodes = {node("b", Boards.a10080("gb", 0)), node("a", Boards.a10080("ga", 0))};
        DevicePart.MigSlice first = best(Demands.mib(9000), nodes);
        assertThat(first.gpuUuid()).isEqualTo("ga");
        assertThat(best(Demands.mib(9000), nodes[1], nodes[0])).isEqualTo(first);
    }

    @Test
    void binpackTakesTheFullestGpuAndNodeAndSpreadTheEmptiest() {
        NodeView used = with(node("used", Boards.a10080("a", 0), Boards.a10080("b", 1)), "b", "2g.20gb", 0, 2);
        NodeView free = node("free", Boards.a10080("c", 0));
        assertThat(best(pod(9000, "binpack", "binpack"), free, used).gpuUuid()).isEqualTo("b");
        assertThat(best(pod(9000, "spread", "binpack"), free, used).gpuUuid()).isEqualTo("a");
        assertThat(best(pod(9000, "binpack", "spread"), free, used).gpuUuid()).isEqualTo("c");
    }

    @ParameterizedTest
    @CsvSource({
        "spread,        40960, 100,   small",
        "spread,        100,   20480, large",
        "binpack,       40960, 100,   large",
        "binpack,       100,   20480, small",
        "fragmentation, 40960, 100,   large",
        "fragmentation, 100,   20480, small"
    })
    void sharesGoByThePolicyHoweverLargeTheGpusAre(String policy, long usedOfLarge, long usedOfSmall, String expected) {
        GpuInventory large = Boards.shared("large", 0, 10, 81_920);
        GpuInventory small = Boards.shared("small", 1, 10, 40_960);
        NodeView[] apart = {
            sharedNode("a", Map.of(large, usedOfLarge)), sharedNode("b", Map.of(small, usedOfSmall)),
        };
        assertThat(bestPart(pod(4000, "", policy), apart).gpuUuid())
                .as("two nodes")
                .isEqualTo(expected);
        NodeView together = sharedNode("a", Map.of(large, usedOfLarge, small, usedOfSmall));
        assertThat(bestPart(pod(4000, policy, ""), together).gpuUuid())
                .as("one node")
                .isEqualTo(expected);
    }

    /** The fuller node has an empty GPU and a full one; the emptier node has a GPU that the share just fits. */
    @Test
    void sharesFillTheFullestGpuOfTheClusterRatherThanTheFullestNode() {
        NodeView fuller = sharedNode(
                "fuller", Map.of(Boards.shared("a", 0, 10, 81_920), 81_920L, Boards.shared("b", 1, 10, 81_920), 0L));
        NodeView emptier = sharedNode(
                "emptier", Map.of(Boards.shared("c", 0, 10, 81_920), 60_000L, Boards.shared("d", 1, 10, 81_920), 0L));

        assertThat(bestPart(Demands.mib(20_000), fuller, emptier).gpuUuid()).isEqualTo("c");
        assertThat(bestPart(pod(20_000, "", "binpack"), fuller, emptier).gpuUuid())
                .isEqualTo("b");
    }

    /** One GPU has most of its slots in use, the other one most of its memory. */
    @Test
    void whatTheSettingsSayHoldsFromTheNextPodOnWherePodsAreSilent() {
        NodeView node = sharedNode(
                "n",
                Map.of(
                        Boards.shared("memory", 0, 10, 81_920), 60_000L,
                        Boards.shared("slots", 1, 10, 81_920), 4000L));
        for (int i = 0; i < 5; i++) {
            node = node.plus(new PodOccupancy("n", List.of(new DevicePart.SoftwareShare("slots", 0, 0))));
        }
        policies.setClusterPolicy(settings(GpuPolicy.BINPACK, new ScoringWeights(1, 0, 0)));
        assertThat(bestPart(Demands.mib(800), node).gpuUuid()).isEqualTo("slots");
        assertThat(bestPart(pod(800, "spread", ""), node).gpuUuid()).isEqualTo("memory");
        policies.setClusterPolicy(settings(GpuPolicy.BINPACK, new ScoringWeights(0, 0, 1)));
        assertThat(bestPart(Demands.mib(800), node).gpuUuid()).isEqualTo("memory");
        assertThat(bestPart(pod(800, "spread", ""), node).gpuUuid()).isEqualTo("slots");
        policies.setClusterPolicy(settings(GpuPolicy.SPREAD, new ScoringWeights(0, 0, 1)));
        assertThat(bestPart(Demands.mib(800), node).gpuUuid()).isEqualTo("slots");
    }

    private static PolicyChoice settings(GpuPolicy gpu, ScoringWeights weights) {
        return new PolicyChoice(List.of(gpu), Optional.empty(), Optional.of(weights), List.of(), Optional.empty());
    }

    @Test
    void firstFitFollowsHamisOrderOfStarts() {
        NodeView node = node("n", Boards.a10040("a", 0));
        List<Integer> starts = new ArrayList<>();
        for (long mib : new long[] {20_000, 10_000, 5000, 5000}) {
            Plan plan = planner.rank(pod(mib, "first-fit", ""), List.of(node))
                    .fits()
                    .getFirst()
                    .plan();
            starts.add(((DevicePart.MigSlice) plan.occupancy().parts().getFirst())
                    .placement()
                    .start());
            node = node.plus(plan.occupancy());
        }
        assertThat(starts).containsExactly(4, 0, 3, 2);
    }

    @Test
    void mutexUsesOnlyGpusWithoutUsers() {
        NodeView node = with(node("n", Boards.a10080("a", 0), Boards.a10080("b", 1)), "a", "1g.10gb", 0, 1);
        assertThat(best(pod(9000, "mutex", ""), node).gpuUuid()).isEqualTo("b");
        NodeView full = with(node, "b", "1g.10gb", 0, 1);
        assertThat(planner.rank(pod(9000, "mutex,binpack", ""), List.of(full)).refusals())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.reason().code()).isEqualTo(ReasonCode.EXCLUSIVE));
    }

    @Test
    void mutexLeavesGpusAloneThatOthersThanPodsOfThePoolUse() {
        NodeView node = node(
                "n",
                Boards.blocked(Boards.a10080("a", 0), new Placement(4, 4)),
                Boards.a10080("b", 1),
                Boards.a10080("c", 2));
        NodeView older = node.plus(new PodOccupancy("n", List.of(new DevicePart.UnplacedMigSlice("b", 10_000))));

        assertThat(best(pod(9000, "mutex", ""), older).gpuUuid()).isEqualTo("c");
        assertThat(older.gpus().get(1).users()).isEqualTo(1);
        assertThat(older.gpus().get(1).usedMemoryMiB()).isEqualTo(10_000);
        assertThat(older.minus(new PodOccupancy("n", List.of(new DevicePart.UnplacedMigSlice("b", 10_000)))))
                .isEqualTo(node);
    }

    @Test
    void policiesOfAChainBreakTheTiesOfThoseBefore() {
        NodeView node = node("n", Boards.onNuma(Boards.a10080("a", 0), 1), Boards.onNuma(Boards.a10080("b", 1), 0));
        assertThat(best(pod(9000, "spread,numa", ""), node).gpuUuid()).isEqualTo("b");
        NodeView used = with(node, "b", "1g.10gb", 0, 1);
        assertThat(best(pod(9000, "spread,numa", ""), used).gpuUuid()).isEqualTo("a");
        assertThat(best(pod(9000, "numa,spread", ""), used).gpuUuid()).isEqualTo("b");
    }

    @Test
    void unknownPoliciesAreIgnoredWithAReason() {
        PolicyChoice choice = PolicyChoice.fromAnnotations(new HashMap<>(Map.of(
                Annotations.GPU_SCHEDULER_POLICY, "random-gpu, binpack,binpack",
                Annotations.NODE_SCHEDULER_POLICY, "random")));
        assertThat(choice.gpu()).containsExactly(GpuPolicy.BINPACK);
        assertThat(choice.node()).isEmpty();
        assertThat(choice.ignored())
                .containsExactly(
                        "hami.io/gpu-scheduler-policy: unknown policy 'random-gpu' ignored; known policies:"
                                + " fragmentation, binpack, spread, first-fit, mutex, numa, topology-aware",
                        "hami.io/node-scheduler-policy: unknown policy 'random' ignored; known policies:"
                                + " fragmentation, binpack, spread");
    }

    @Test
    void aPodsChoiceWinsOverTheClusters() {
        Planner spreading =
                new Planner(new SchedulingPolicies(mix, PolicyChoice.of("gpu", "spread", "node", "spread")));
        NodeView used = with(node("used", Boards.a10080("a", 0)), "a", "2g.20gb", 0, 2);
        NodeView free = node("free", Boards.a10080("c", 0));
        assertThat(spreading
                        .rank(Demands.mib(9000), List.of(used, free))
                        .fits()
                        .getFirst()
                        .node())
                .isEqualTo("free");
        assertThat(spreading
                        .rank(pod(9000, "", "binpack"), List.of(used, free))
                        .fits()
                        .getFirst()
                        .node())
                .isEqualTo("used");
    }
}
