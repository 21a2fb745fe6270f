package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Free but fragmented, told apart from full. */
class RearrangementTest {

    private static final PodDemand THREE = Demands.mib(40_000);
    private static final PodDemand FOUR =
            Demands.pod().app(1, new MemoryRequest.MiB(40_000), 50).demand();

    private final List<NodeView> nodes = new ArrayList<>();
    private final List<DeviceShare.Instance> instances = new ArrayList<>();

    private void node(String name, GpuInventory... gpus) {
        nodes.add(new NodeView(name, Pool.node(gpus).gpus(), null));
    }

    private void running(String gpu, String profile, int start, int size) {
        DeviceShare.Instance instance =
                new DeviceShare.Instance(gpu, MigProfile.parse(profile), new Placement(start, size));
        instances.add(instance);
        nodes.replaceAll(node -> node.plus(new PodOccupancy(node.name(), List.of(instance))));
    }

    private List<Rearrangement> ways(PodDemand pod) {
        return Rearrangement.of(
                pod, nodes, instances.stream().collect(Collectors.groupingBy(DeviceShare.Instance::gpuUuid)));
    }

    private static String text(DeviceShare.Instance instance) {
        return "%s %s@%s".formatted(instance.gpuUuid(), instance.profile(), instance.placement());
    }

    private static List<String> moves(Rearrangement way) {
        return way.moves().stream()
                .map(move -> text(move.from()) + " -> " + text(move.to()))
                .toList();
    }

    @Test
    void oneSmallInstanceOutOfPlaceIsNamedWithAPlaceOnItsOwnGpu() {
        node("n", Boards.a10080("a", 0));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 5, 1);
        assertThat(ways(THREE)).singleElement().satisfies(way -> {
            assertThat(way.node()).isEqualTo("n");
            assertThat(text(way.place())).isEqualTo("a 3g.40gb@0:4");
            assertThat(moves(way)).containsExactly("a 1g.10gb@0:1 -> a 1g.10gb@4:1");
        });
    }

    @Test
    void whatFitsNowhereElseOnItsGpuMovesToAnother() {
        node("n", Boards.a10080("a", 0));
        node("m", Boards.a10080("b", 0));
        for (String gpu : List.of("a", "b")) {
            running(gpu, "3g.40gb", 4, 4);
            running(gpu, "1g.10gb", 0, 1);
        }
        assertThat(ways(FOUR)).hasSize(2).first().satisfies(way -> {
            assertThat(text(way.place())).isEqualTo("a 4g.40gb@0:4");
            assertThat(moves(way)).containsExactly("a 1g.10gb@0:1 -> b 1g.10gb@1:1");
            assertThat(way.moves().getFirst().toNode()).isEqualTo("m");
        });
    }

    @Test
    void aFullPoolHasNone() {
        node("n", Boards.a10080("a", 0));
        running("a", "3g.40gb", 4, 4);
        running("a", "2g.20gb", 0, 2);
        assertThat(ways(THREE)).isEmpty();
    }

    @Test
    void foreignInstancesStayWhereTheyAre() {
        node(
                "n",
                Boards.blocked(Boards.a10080("a", 0), new Placement(0, 1)),
                Boards.blocked(Boards.a10080("b", 1), new Placement(4, 1)));
        running("a", "1g.10gb", 5, 1);
        assertThat(ways(THREE)).isEmpty();
        assertThat(ways(Demands.mib(20_000))).as("fits as it is").isEmpty();
    }

    @Test
    void gpusThatThePodDoesNotAcceptHaveNone() {
        node("n", Boards.a10080("a", 0));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 5, 1);
        PodDemand elsewhere = Demands.pod()
                .app(1, new MemoryRequest.MiB(40_000))
                .demand(PodConstraints.fromAnnotations(Map.of(Annotations.NO_USE_GPU_UUID, "a")));
        assertThat(ways(elsewhere)).isEmpty();
    }

    @Test
    void fewerMovesComeFirstAndOfEqualOnesTheSmaller() {
        node("n", Boards.a10080("a", 0), Boards.a10080("b", 1));
        running("a", "1g.10gb", 0, 1);
        running("a", "1g.10gb", 1, 1);
        running("a", "2g.20gb", 4, 2);
        running("b", "1g.10gb", 3, 1);
        running("b", "1g.10gb", 6, 1);
        assertThat(ways(THREE)).extracting(way -> way.moves().size()).isSorted().startsWith(1);
        assertThat(ways(THREE).getFirst().place().gpuUuid()).isEqualTo("b");
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43})
    void everyWayIsLegalAndASingleMoveThatHelpsIsFound(long seed) {
        Random random = new Random(seed);
        int found = 0;
        for (int round = 0; round < 300; round++) {
            nodes.clear();
            instances.clear();
            node("n", Boards.a10040("a", 0), Boards.a30("b", 1));
            node("m", Boards.a10040("c", 0));
            fill(random, 3 + random.nextInt(9));
            PodDemand pod = Demands.mib(List.of(5000L, 10_000L, 20_000L).get(random.nextInt(3)));
            boolean fits = nodes.stream().anyMatch(node -> Pool.PLANNER.plan(pod, node) instanceof PlanOutcome.Fits);
            List<Rearrangement> ways = ways(pod);
            String scene = "seed %d, round %d: %s".formatted(seed, round, instances);
            if (fits) {
                assertThat(ways).as(scene).isEmpty();
                continue;
            }
            ways.forEach(way ->
                    assertThat(leadsTo(way)).as("%s gives %s", scene, way).isTrue());
            if (oneMoveHelps(pod)) {
                found++;
                assertThat(ways).as(scene).isNotEmpty();
                assertThat(ways.getFirst().moves()).as(scene).hasSize(1);
            }
        }
        assertThat(found).isGreaterThan(5);
    }

    private void fill(Random random, int tries) {
        for (int i = 0; i < tries; i++) {
            NodeView node = nodes.get(random.nextInt(nodes.size()));
            MigGpu gpu = (MigGpu) node.gpus().get(random.nextInt(node.gpus().size()));
            List<ProfileCapability> profiles = gpu.inventory().profiles();
            ProfileCapability profile = profiles.get(random.nextInt(Math.min(4, profiles.size())));
            Placement place =
                    profile.placements().get(random.nextInt(profile.placements().size()));
            if (gpu.admits(new DeviceShare.Instance(gpu.inventory().uuid(), profile.profile(), place))) {
                running(gpu.inventory().uuid(), profile.profile().toString(), place.start(), place.size());
            }
        }
    }

    private boolean leadsTo(Rearrangement way) {
        List<DeviceShare.Instance> after = new ArrayList<>(instances);
        way.moves().forEach(move -> after.remove(move.from()));
        way.moves().forEach(move -> after.add(move.to()));
        after.add(way.place());
        return legal(after);
    }

    private boolean legal(List<DeviceShare.Instance> all) {
        for (NodeView node : nodes) {
            for (GpuView view : node.gpus()) {
                GpuView gpu = MigGpu.empty(view.inventory(), false, ((MigGpu) view).board());
                for (DeviceShare.Instance instance : all) {
                    if (instance.gpuUuid().equals(view.inventory().uuid())) {
                        if (!gpu.admits(instance)) {
                            return false;
                        }
                        gpu = gpu.plus(instance);
                    }
                }
            }
        }
        return true;
    }

    private boolean oneMoveHelps(PodDemand pod) {
        for (DeviceShare.Instance moved : instances) {
            for (NodeView node : nodes) {
                for (GpuView gpu : node.gpus()) {
                    for (Placement place : gpu.inventory().profile(moved.profile()).stream()
                            .flatMap(profile -> profile.placements().stream())
                            .toList()) {
                        List<DeviceShare.Instance> after = new ArrayList<>(instances);
                        after.remove(moved);
                        after.add(new DeviceShare.Instance(gpu.inventory().uuid(), moved.profile(), place));
                        if (legal(after) && fitsBeside(pod, after)) {
                            return true;
                        }
                    }
                }
            }
        }
        return false;
    }

    private boolean fitsBeside(PodDemand pod, List<DeviceShare.Instance> all) {
        for (NodeView node : nodes) {
            NodeView view =
                    Pool.node(node.gpus().stream().map(GpuView::inventory).toArray(GpuInventory[]::new));
            if (Pool.PLANNER.plan(pod, view.plus(new PodOccupancy("node", List.copyOf(all))))
                    instanceof PlanOutcome.Fits) {
                return true;
            }
        }
        return false;
    }
}
