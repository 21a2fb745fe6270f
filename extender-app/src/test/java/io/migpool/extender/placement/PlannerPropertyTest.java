package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The planner against brute force on nodes of one or two boards, with random neighbours, rules and pods. */
class PlannerPropertyTest {

    private static final int ROUNDS = 400;
    private static final String[] UUIDS = {"a", "b"};

    /** An existing or planned instance, by the test's own arithmetic. */
    private record Cut(int gpu, ProfileCapability profile, Placement placement) {}

    private record Scene(List<GpuInventory> gpus, List<MigGeometry> geometries, List<Cut> running, List<Long> wanted) {

        NodeView view() {
            NodeView node = Pool.node(new MigRules(geometries, null), gpus.toArray(GpuInventory[]::new));
            for (Cut cut : running) {
                node = node.plus(new PodOccupancy("node", List.of(part(cut))));
            }
            return node;
        }

        DevicePart part(Cut cut) {
            return new DevicePart.MigSlice(
                    gpus.get(cut.gpu()).uuid(), cut.profile().profile(), cut.placement());
        }

        PodDemand pod() {
            Demands pod = Demands.pod();
            wanted.forEach(amount -> pod.app(1, new MemoryRequest.MiB(amount)));
            return pod.demand();
        }

        boolean legal(List<Cut> cuts) {
            for (int gpu = 0; gpu < gpus.size(); gpu++) {
                Map<MigProfile, Integer> counts = new HashMap<>();
                long taken = 0;
                for (Cut cut : cuts) {
                    if (cut.gpu() == gpu) {
                        long mask = cut.placement().mask().bits();
                        if ((taken & mask) != 0) {
                            return false;
                        }
                        taken |= mask;
                        int count = counts.merge(cut.profile().profile(), 1, Integer::sum);
                        if (count > cut.profile().maxInstances()) {
                            return false;
                        }
                    }
                }
                if (!geometries.isEmpty()
                        && !counts.isEmpty()
                        && geometries.stream().noneMatch(geometry -> geometry.covers(counts))) {
                    return false;
                }
            }
            return true;
        }

        boolean serves(ProfileCapability profile, long amount) {
            boolean listed = geometries.isEmpty()
                    || geometries.stream().anyMatch(g -> g.counts().containsKey(profile.profile()));
            return listed
                    && profile.profile().isPlain()
                    && amount <= profile.profile().nominalMemoryMiB();
        }

        boolean bruteForce(int device, List<Cut> cuts) {
            if (device == wanted.size()) {
                return true;
            }
            for (int gpu = 0; gpu < gpus.size(); gpu++) {
                for (ProfileCapability profile : gpus.get(gpu).profiles()) {
                    for (Placement placement : profile.placements()) {
                        if (serves(profile, wanted.get(device))) {
                            cuts.addLast(new Cut(gpu, profile, placement));
                            if (legal(cuts) && bruteForce(device + 1, cuts)) {
                                return true;
                            }
                            cuts.removeLast();
                        }
                    }
                }
            }
            return false;
        }
    }

    private static Scene scene(Random random) {
        int count = 1 + random.nextInt(2);
        List<GpuInventory> gpus = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            gpus.add(
                    switch (random.nextInt(3)) {
                        case 0 -> Boards.a30(UUIDS[i], i);
                        case 1 -> Boards.a10040(UUIDS[i], i);
                        default -> Boards.rtxPro(UUIDS[i], i);
                    });
        }
        List<MigGeometry> geometries = random.nextInt(3) == 0 ? geometries(random, gpus) : List.of();
        Scene empty = new Scene(gpus, geometries, List.of(), List.of());
        List<Cut> running = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            int gpu = random.nextInt(count);
            List<ProfileCapability> profiles = gpus.get(gpu).profiles();
            ProfileCapability profile = profiles.get(random.nextInt(profiles.size()));
            running.add(new Cut(
                    gpu,
                    profile,
                    profile.placements().get(random.nextInt(profile.placements().size()))));
            if (!empty.legal(running)) {
                running.removeLast();
            }
        }
        List<Long> wanted = new ArrayList<>();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            wanted.add(List.of(4000L, 6000L, 9000L, 12000L, 20000L, 40000L).get(random.nextInt(6)));
        }
        return new Scene(gpus, geometries, running, wanted);
    }

    private static List<MigGeometry> geometries(Random random, List<GpuInventory> gpus) {
        List<MigGeometry> geometries = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            TreeMap<MigProfile, Integer> counts = new TreeMap<>();
            for (GpuInventory gpu : gpus) {
                for (ProfileCapability profile : gpu.profiles()) {
                    if (profile.profile().isPlain() && random.nextInt(3) == 0) {
                        counts.put(profile.profile(), 1 + random.nextInt(profile.maxInstances()));
                    }
                }
            }
            geometries.add(new MigGeometry(counts));
        }
        return geometries;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aPlanIsLegalAndFoundWheneverOneExists(long seed) {
        Random random = new Random(seed);
        int fitting = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Scene scene = scene(random);
            NodeView node = scene.view();
            PlanOutcome outcome = Pool.PLANNER.plan(scene.pod(), node);
            boolean exists = scene.bruteForce(0, new ArrayList<>(scene.running()));
            assertThat(outcome instanceof PlanOutcome.Fits)
                    .as("seed %d round %d: %s gives %s", seed, round, scene, outcome)
                    .isEqualTo(exists);
            if (outcome instanceof PlanOutcome.Fits fits) {
                Plan plan = fits.plan();
                fitting++;
                assertThat(scene.legal(all(scene, plan)))
                        .as("seed %d round %d: %s gives %s", seed, round, scene, plan)
                        .isTrue();
                assertThat(node.admits(plan.occupancy())).isTrue();
                assertThat(node.plus(plan.occupancy()).admits(plan.occupancy())).isFalse();
            }
        }
        assertThat(fitting).as("scenes where the pod fits").isBetween(ROUNDS / 10, ROUNDS * 9 / 10);
    }

    private static List<Cut> all(Scene scene, Plan plan) {
        List<Cut> cuts = new ArrayList<>(scene.running());
        for (int device = 0; device < scene.wanted().size(); device++) {
            DevicePart.MigSlice part = (DevicePart.MigSlice)
                    plan.containers().get(device).getFirst().part();
            int gpu = List.of(UUIDS).indexOf(part.gpuUuid());
            ProfileCapability profile =
                    scene.gpus().get(gpu).profile(part.profile()).orElseThrow();
            assertThat(profile.allows(part.placement())).isTrue();
            assertThat(scene.serves(profile, scene.wanted().get(device))).isTrue();
            cuts.add(new Cut(gpu, profile, part.placement()));
        }
        return cuts;
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void theOrderOfTheNodesDoesNotMatter(long seed) {
        Random random = new Random(seed);
        List<NodeView> nodes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            NodeView view = scene(random).view();
            nodes.add(Boards.node("node-" + i, view.gpus(), null));
        }
        PodDemand pod = Demands.mib(2, 9000);
        List<String> ranked = names(Pool.PLANNER.rank(pod, nodes));
        Collections.shuffle(nodes, random);
        assertThat(names(Pool.PLANNER.rank(pod, nodes))).as("seed %d", seed).isEqualTo(ranked);
    }

    private static List<String> names(Ranking ranking) {
        return ranking.fits().stream()
                .map(fits -> fits.node() + " " + fits.plan().text())
                .toList();
    }
}
