package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.placement.Rearrangement.Tenant;
import io.migpool.extender.placement.Rearrangement.Ways;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tells a fragmented pool from a full one. */
class RearrangementTest {

    private static final PodDemand ONE = Demands.mib(10_000);
    private static final PodDemand TWO = Demands.mib(20_000);
    private static final PodDemand THREE = Demands.mib(40_000);
    private static final PodDemand FOUR =
            Demands.pod().app(1, new MemoryRequest.MiB(40_000), 50).demand();

    private final Planner planner = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));
    private final List<NodeView> nodes = new ArrayList<>();
    private final List<Tenant> tenants = new ArrayList<>();

    private void node(String name, GpuInventory... gpus) {
        nodes.add(Boards.node(name, Pool.node(gpus).gpus(), null));
    }

    private static DevicePart.MigSlice instance(String gpu, String profile, int start, int size) {
        return new DevicePart.MigSlice(gpu, MigProfile.parse(profile), new Placement(start, size));
    }

    private void running(String gpu, String profile, int start, int size) {
        PodDemand demand =
                switch (profile) {
                    case "1g.10gb" -> ONE;
                    case "2g.20gb" -> TWO;
                    default -> THREE;
                };
        running("pod-" + tenants.size(), demand, instance(gpu, profile, start, size));
    }

    private void running(String name, PodDemand demand, DevicePart... parts) {
        String node = nodes.stream()
                .filter(view -> view.gpu(parts[0].gpuUuid()).isPresent())
                .findFirst()
                .orElseThrow()
                .name();
        PodOccupancy occupancy = new PodOccupancy(node, List.of(parts));
        tenants.add(new Tenant(name, demand, occupancy));
        nodes.replaceAll(view -> view.name().equals(node) ? view.plus(occupancy) : view);
    }

    private static PodDemand with(Demands pod, String annotation, String value) {
        return pod.demand(PodConstraints.fromAnnotations(Map.of(annotation, value)));
    }

    private static Demands pod(int devices, int mebibytes) {
        return Demands.pod().app(devices, new MemoryRequest.MiB(mebibytes));
    }

    private Ways ways(PodDemand pod) {
        return planner.rearrangements(pod, nodes, tenants);
    }

    private Rearrangement only(PodDemand pod) {
        List<Rearrangement> ways = ways(pod).all();
        assertThat(ways).hasSize(1);
        return ways.getFirst();
    }

    private static List<String> moves(Rearrangement way) {
        return way.moves().stream()
                .map(move -> "%s -> %s: %s"
                        .formatted(
                                move.tenant().occupancy().text(),
                                move.to().node(),
                                move.to().text()))
                .toList();
    }

    @Test
    void oneSmallInstanceOutOfPlaceIsNamedWithAPlaceOnItsOwnGpu() {
        node("n", Boards.a10080("a", 0));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 5, 1);
        Rearrangement way = only(THREE);
        assertThat(way.plan().node()).isEqualTo("n");
        assertThat(way.plan().text()).isEqualTo("3g.40gb at 0:4 on a");
        assertThat(moves(way)).containsExactly("1g.10gb at 0:1 on a -> n: 1g.10gb at 4:1 on a");
    }

    @Test
    void whatFitsNowhereElseOnItsGpuMovesToAnother() {
        node("n", Boards.a10080("a", 0));
        node("m", Boards.a10080("b", 0));
        for (String gpu : List.of("a", "b")) {
            running(gpu, "3g.40gb", 4, 4);
            running(gpu, "1g.10gb", 0, 1);
        }
        List<Rearrangement> ways = ways(FOUR).all();
        assertThat(ways)
                .extracting(way -> way.plan().text())
                .containsExactly("4g.40gb at 0:4 on b", "4g.40gb at 0:4 on a");
        assertThat(moves(ways.getLast())).containsExactly("1g.10gb at 0:1 on a -> m: 1g.10gb at 1:1 on b");
    }

    @Test
    void aFullPoolIsKnownToBeFull() {
        node("n", Boards.a10080("a", 0));
        running("a", "3g.40gb", 4, 4);
        running("a", "2g.20gb", 0, 2);
        assertThat(ways(THREE)).isEqualTo(new Ways(List.of(), true));
    }

    @Test
    void foreignInstancesStayWhereTheyAre() {
        node(
                "n",
                Boards.blocked(Boards.a10080("a", 0), new Placement(0, 1)),
                Boards.blocked(Boards.a10080("b", 1), new Placement(1, 1)));
        running("a", "1g.10gb", 5, 1);
        assertThat(ways(FOUR)).as("would need the place of the foreign one").isEqualTo(new Ways(List.of(), true));
    }

    @Test
    void gpusThatThePodDoesNotAcceptHaveNone() {
        node("n", Boards.a10080("a", 0));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 5, 1);
        assertThat(ways(with(pod(1, 40_000), Annotations.NO_USE_GPU_UUID, "a")).all())
                .isEmpty();
    }

    @Test
    void fewerMovesComeFirstAndOfEqualOnesTheSmaller() {
        node("n", Boards.a10080("a", 0), Boards.a10080("b", 1));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 1, 1);
        running("a", "2g.20gb", 4, 2);
        running("b", "1g.10gb", 3, 1);
        running("b", "1g.10gb", 6, 1);
        assertThat(ways(THREE).all())
                .hasSize(2)
                .allSatisfy(way -> assertThat(way.moves()).hasSize(1))
                .first()
                .satisfies(way -> assertThat(way.plan().gpuUuids()).containsExactly("b"));
    }

    @Test
    void devicesThatFitOneByOneAndNotTogetherAreHelpedAsAWhole() {
        node("n", Boards.a10080("a", 0));
        node("m", Boards.a10080("b", 0));
        running("a", "1g.10gb", 0, 1);
        running("b", "3g.40gb", 0, 4);
        running("b", "2g.20gb", 4, 2);
        PodDemand both = pod(1, 40_000).app(1, new MemoryRequest.MiB(40_000)).demand();
        Rearrangement way = only(both);
        assertThat(way.plan().text()).isEqualTo("3g.40gb at 4:4 on a, 3g.40gb at 0:4 on a");
        assertThat(moves(way)).containsExactly("1g.10gb at 0:1 on a -> m: 1g.10gb at 6:1 on b");
    }

    @Test
    void devicesThatMustLieOnDifferentGpusAreToo() {
        node("n", Boards.a10080("a", 0), Boards.a10080("b", 1));
        running("a", "3g.40gb", 0, 4);
        running("a", "3g.40gb", 4, 4);
        running("b", "1g.10gb", 3, 1);
        PodDemand spread = with(pod(2, 40_000), Annotations.SPREAD_DEVICES, "true");
        assertThat(ways(spread).all()).as("there is no room for a 3g besides").isEmpty();
        PodDemand small = with(pod(2, 10_000), Annotations.SPREAD_DEVICES, "true");
        Rearrangement way = only(small);
        assertThat(way.plan().gpuUuids()).containsExactlyInAnyOrder("a", "b");
        assertThat(way.moves())
                .singleElement()
                .satisfies(move -> assertThat(move.to().text()).isEqualTo("3g.40gb at 4:4 on b"));
    }

    @Test
    void soAreThoseThatMustLieOnOneNumaNode() {
        node(
                "n",
                Boards.onNuma(Boards.shared("a", 0, 10, 80_000), 0),
                Boards.onNuma(Boards.shared("b", 1, 10, 80_000), 0),
                Boards.onNuma(Boards.shared("c", 2, 10, 80_000), 1));
        running("pod", Demands.mib(30_000), new DevicePart.SoftwareShare("a", 30_000, 0));
        PodDemand bound = with(pod(2, 60_000), Annotations.NUMA_BIND, "true");
        assertThat(moves(only(bound))).containsExactly("30000 MiB on a -> n: 30000 MiB on c");
    }

    @Test
    void aPodOfSeveralDevicesMovesAsAWholeAndByItsOwnConditions() {
        node("n", Boards.a10080("a", 0));
        node("m", Boards.a10080("b", 0), Boards.a10080("c", 1));
        running("pair", Demands.mib(2, 40_000), instance("a", "3g.40gb", 0, 4), instance("a", "3g.40gb", 4, 4));
        running("b", "1g.10gb", 0, 1);
        running("c", "1g.10gb", 0, 1);
        PodDemand whole = Demands.pod().app(1, new MemoryRequest.WholeGpu()).demand();
        assertThat(ways(whole).all())
                .filteredOn(way -> way.plan().node().equals("n"))
                .singleElement()
                .satisfies(way -> assertThat(moves(way))
                        .containsExactly("3g.40gb at 0:4 on a, 3g.40gb at 4:4 on a"
                                + " -> m: 3g.40gb at 4:4 on b, 3g.40gb at 4:4 on c"));

        tenants.replaceAll(tenant -> tenant.pod().equals("pair")
                ? new Tenant("pair", with(pod(2, 40_000), Annotations.USE_GPU_UUID, "a"), tenant.occupancy())
                : tenant);
        assertThat(ways(whole).all()).noneMatch(way -> way.plan().node().equals("n"));
    }

    @Test
    void aPodThatMindsCompanyIsNotGivenAny() {
        node("n", Boards.a10080("a", 0));
        running("a", "1g.10gb", 0, 1);
        PodDemand alone = new PodDemand(
                pod(1, 40_000).demand().request(),
                PodConstraints.NONE,
                PolicyChoice.fromAnnotations(Map.of(Annotations.GPU_SCHEDULER_POLICY, "mutex")));
        assertThat(ways(alone)).isEqualTo(new Ways(List.of(), true));
        node("m", Boards.a10080("b", 0));
        running("b", "2g.20gb", 0, 2);
        assertThat(ways(alone).all())
                .extracting(RearrangementTest::moves)
                .contains(List.of("1g.10gb at 0:1 on a -> m: 1g.10gb at 3:1 on b"));
    }

    @Test
    void theOrderOfNodesAndPodsMakesNoDifference() {
        for (String name : List.of("k", "l", "m", "n")) {
            node(name, Boards.a10080(name + "-a", 0), Boards.a10080(name + "-b", 1));
            for (String gpu : List.of(name + "-a", name + "-b")) {
                running(gpu, "1g.10gb", 1, 1);
                running(gpu, "2g.20gb", 4, 2);
            }
        }
        Ways ways = ways(THREE);
        assertThat(ways.all()).hasSize(5);
        Collections.reverse(tenants);
        assertThat(ways(THREE)).isEqualTo(ways);
    }

    /** The sums show room, but every pod wants its own GPU: each set must be tried, and there are very many. */
    @Test
    void aSearchThatIsCutShortSaysSo() {
        for (int n = 0; n < 120; n++) {
            GpuInventory[] gpus = new GpuInventory[4];
            for (int i = 0; i < gpus.length; i++) {
                gpus[i] = Boards.a10080("g-%d-%d".formatted(n, i), i);
            }
            node("n-" + n, gpus);
            for (GpuInventory gpu : gpus) {
                PodDemand small = with(pod(1, 10_000), Annotations.USE_GPU_UUID, gpu.uuid());
                for (int start = 0; start < 3; start++) {
                    running(gpu.uuid() + start, small, instance(gpu.uuid(), "1g.10gb", start, 1));
                }
                PodDemand large = with(pod(1, 40_000), Annotations.USE_GPU_UUID, gpu.uuid());
                running(gpu.uuid() + 4, large, instance(gpu.uuid(), "3g.40gb", 4, 4));
            }
        }
        assertThat(ways(TWO)).isEqualTo(new Ways(List.of(), false));
        nodes.subList(1, nodes.size()).clear();
        tenants.subList(16, tenants.size()).clear();
        assertThat(ways(TWO)).isEqualTo(new Ways(List.of(), true));
    }
}
