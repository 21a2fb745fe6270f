package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import io.migpool.extender.pool.SharedGpu;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Remembered rankings give what planning every node from scratch gives. */
class RankingsTest {

    private static final int STEPS = 600;
    private static final int NODES = 12;
    private static final int MANY_NODES = 40;
    private static final int MOST = 5;
    private static final long MEASURING_BYTES = 1024;
    private static final Reason STOPPING = Reasons.stopping();
    private static final long[] AMOUNTS = {4000, 9000, 18_000, 39_000, 70_000, 200_000};

    private static final List<String> CLUSTER_POLICIES = List.of("", "mutex", "binpack");

    private final RequestMix mix = new RequestMix();
    private final SchedulingPolicies policies = new SchedulingPolicies(mix, PolicyChoice.NONE);
    private final Planner planner = new Planner(policies);
    private final Rankings rankings = planner.rankings();
    private final List<NodeView> nodes = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void rememberedPlansEqualThoseOfPlanningEveryNodeFromScratch(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < NODES; i++) {
            nodes.add(emptyNode(i, random));
        }
        int fits = 0;
        int refusals = 0;
        for (int step = 0; step < STEPS; step++) {
            change(random);
            if (random.nextInt(10) == 0) {
                policies.setClusterPolicy(
                        PolicyChoice.of("", CLUSTER_POLICIES.get(random.nextInt(CLUSTER_POLICIES.size())), "", ""));
            }
            PodDemand pod = pod(random);
            List<NodeView> asked =
                    nodes.stream().filter(node -> random.nextInt(4) > 0).toList();
            Ranking afresh = planner.rank(pod, asked);
            Ranking remembered = rankings.rank(pod, asked);
            assertThat(texts(remembered.fits()))
                    .as("seed %d step %d", seed, step)
                    .isEqualTo(texts(afresh.fits()));
            assertThat(texts(remembered.best(MOST)))
                    .as("seed %d step %d", seed, step)
                    .isEqualTo(texts(afresh.fits().stream().limit(MOST).toList()));
            assertThat(reasons(remembered)).as("seed %d step %d", seed, step).isEqualTo(reasons(afresh));
            fits += afresh.fits().size();
            refusals += afresh.refusals().size();
        }
        assertThat(fits).as("seed %d: fits", seed).isGreaterThan(STEPS);
        assertThat(refusals).as("seed %d: refusals", seed).isGreaterThan(STEPS);
    }

    /** Few changes between two requests for one shape: the case in which the order is kept rather than found again. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theOrderStaysRightWhileSingleNodesChange(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < MANY_NODES; i++) {
            nodes.add(emptyNode(i, random));
        }
        PodDemand pod = Demands.mib(9000);
        for (int step = 0; step < STEPS; step++) {
            change(random);
            if (random.nextInt(50) == 0) {
                mix.observe(Demands.mib(AMOUNTS[random.nextInt(AMOUNTS.length)]));
            }
            int share = 1 + random.nextInt(8);
            List<NodeView> asked =
                    nodes.stream().filter(node -> random.nextInt(8) < share).toList();
            assertThat(texts(rankings.rank(pod, asked).best(MOST)))
                    .as("seed %d step %d", seed, step)
                    .isEqualTo(texts(planner.rank(pod, asked).best(MOST)));
        }
    }

    @Test
    void aNodeThatIsGivenTwiceCountsOnce() {
        NodeView node = Pool.node(Boards.a10080("a", 0));
        assertThat(rankings.rank(Demands.mib(9000), List.of(node, node)).fits()).hasSize(1);
    }

    @Test
    void shapesThatAreNotAskedForAgainAreForgotten() {
        List<NodeView> one = List.of(Pool.node(Boards.a10080("a", 0)));
        for (int i = 1; i <= 3000; i++) {
            assertThat(rankings.rank(Demands.mib(i), one).anyFits()).isTrue();
            assertThat(rankings.rank(Demands.mib(50_000 + i), List.of()).anyFits())
                    .isFalse();
        }
        assertThat(rankings.shapes()).isBetween(2, 1024);
    }

    @Test
    void aRequestForOneNodeOfALargePoolForgetsNothing() {
        List<GpuView> gpus = Pool.node(Boards.a10080("a", 0)).gpus();
        List<NodeView> many = IntStream.range(0, 5000)
                .mapToObj(i -> Boards.node("node-" + i, gpus, null))
                .toList();
        PodDemand pod = Demands.mib(9000);
        rankings.rank(pod, many);
        rankings.rank(pod, many.subList(0, 1));
        rankings.rank(pod, many.subList(0, 1));
        assertThat(rankings.remembered()).isEqualTo(many.size());
    }

    @Test
    void nodesThatAreNotAskedForAgainAreForgotten() {
        List<GpuView> gpus = Pool.node(Boards.a10080("a", 0)).gpus();
        PodDemand pod = Demands.mib(9000);
        for (int i = 0; i < 20_000; i++) {
            rankings.rank(pod, List.of(Boards.node("node-" + i, gpus, null)));
        }
        assertThat(rankings.remembered()).isBetween(1, 5000);
    }

    @Test
    void aLongListOfGpusIsHeededButNotRemembered() {
        String list = IntStream.range(0, 180)
                .mapToObj("GPU-00000000-0000-0000-0000-%012d"::formatted)
                .collect(Collectors.joining(",", "a,", ""));
        PodDemand pod = Demands.pod()
                .app(1, new MemoryRequest.MiB(9000))
                .demand(PodConstraints.fromAnnotations(Map.of(Annotations.NO_USE_GPU_UUID, list)));
        NodeView node = Pool.node(Boards.a10080("a", 0), Boards.a10080("b", 1));
        for (int i = 0; i < 3; i++) {
            Ranking ranking = rankings.rank(pod, List.of(node));
            assertThat(ranking.fits().getFirst().plan().gpuUuids()).containsExactly("b");
        }
        assertThat(rankings.shapes()).isZero();
    }

    @Test
    void whatADecisionAllocatesDoesNotGrowWithTheCluster() {
        assertThat(allocatedBytes(1000)).isCloseTo(allocatedBytes(100), within(MEASURING_BYTES));
    }

    /** Returns the allocation of the cheapest of several equal decisions: the others also compile, load classes or grow tables. */
    private long allocatedBytes(int size) {
        List<NodeView> many = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            NodeView node = Pool.node(Boards.a10080("node-" + i, 0));
            many.add(Boards.node("node-" + i, node.gpus(), i % 10 == 0 ? STOPPING : null));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        PodDemand pod = Demands.mib(9000);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 100; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThat(rankings.rank(pod, many).best(MOST)).hasSize(MOST);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private static List<String> texts(List<PlanOutcome.Fits> fits) {
        return fits.stream()
                .map(fit -> fit.node() + " " + fit.plan() + " " + fit.cost())
                .toList();
    }

    private static List<String> reasons(Ranking ranking) {
        return ranking.refusals().stream()
                .map(refusal -> refusal.node() + " " + refusal.reason())
                .toList();
    }

    /** Creates pods of all shapes; every one of them is observed, so that the scores change too. */
    private PodDemand pod(Random random) {
        Demands pod = Demands.pod();
        for (int containers = 1 + random.nextInt(2); containers > 0; containers--) {
            pod.app(1 + random.nextInt(2), new MemoryRequest.MiB(AMOUNTS[random.nextInt(AMOUNTS.length)]));
        }
        PodDemand plain = pod.demand();
        PolicyChoice choice = PolicyChoice.of(
                "gpu",
                List.of("", "", "mutex", "binpack,fragmentation", "spread", "first-fit", "numa")
                        .get(random.nextInt(7)),
                "node",
                List.of("", "", "binpack", "spread").get(random.nextInt(4)));
        PodDemand demand = new PodDemand(plain.request(), plain.constraints(), choice);
        mix.observe(demand);
        return demand;
    }

    private static NodeView emptyNode(int number, Random random) {
        String name = "node-%02d".formatted(number);
        GpuInventory first = Boards.a10080(name + "-a", 0);
        NodeView node = random.nextInt(4) == 0
                ? Pool.node(first, Boards.shared(name + "-b", 1, 4, 81920))
                : Pool.node(Boards.idle(first, "1g.10gb", 2, 1), Boards.a30(name + "-b", 1));
        return Boards.node(name, node.gpus(), null);
    }

    /** Adds a pod, or empties or closes the node, or replaces its view without a change. */
    private void change(Random random) {
        int at = random.nextInt(nodes.size());
        NodeView node = nodes.get(at);
        nodes.set(
                at,
                switch (random.nextInt(10)) {
                    case 0 -> emptyNode(at, random);
                    case 1 -> Boards.node(node.name(), node.gpus(), node.unusable() == null ? STOPPING : null);
                    case 2 -> Boards.node(node.name(), node.gpus(), node.unusable());
                    default -> withShare(node, random);
                });
    }

    private static NodeView withShare(NodeView node, Random random) {
        DevicePart part =
                switch (node.gpus().get(random.nextInt(node.gpus().size()))) {
                    case SharedGpu gpu ->
                        new DevicePart.SoftwareShare(gpu.inventory().uuid(), 9000, 10);
                    case MigGpu gpu -> instance(gpu, random);
                };
        PodOccupancy pod = new PodOccupancy(node.name(), List.of(part));
        return node.admits(pod) ? node.plus(pod) : node;
    }

    private static DevicePart instance(MigGpu gpu, Random random) {
        List<ProfileCapability> profiles = gpu.inventory().profiles();
        ProfileCapability profile = profiles.get(random.nextInt(profiles.size()));
        MigProfile name = profile.profile();
        Placement placement =
                profile.placements().get(random.nextInt(profile.placements().size()));
        return new DevicePart.MigSlice(gpu.inventory().uuid(), name, placement);
    }
}
