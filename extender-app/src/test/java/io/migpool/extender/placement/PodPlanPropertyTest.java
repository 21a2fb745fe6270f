package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.policy.Arrangement;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reasons;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole pods against brute force: MIG and software-shared GPUs on one node, several containers with several devices, blocked
 * units, an allow-list, NUMA nodes, cordons, conditions of the pod, and every policy.
 */
class PodPlanPropertyTest {

    private static final int ROUNDS = 250;
    private static final List<String> POLICIES = List.of(
            "fragmentation",
            "binpack",
            "spread",
            "first-fit",
            "numa,binpack",
            "topology-aware",
            "topology-aware,spread",
            "mutex,numa");

    /** One device of a container; memory in MiB, cores in percent. */
    private record Wish(int container, long memoryMiB, int cores) {}

    /** Where a device lies, by the test's own arithmetic; for software shares the profile and placement are empty. */
    private record Laid(int gpu, String profile, Placement placement, Wish wish) {}

    private record Scene(
            List<GpuInventory> gpus,
            Set<Integer> cordoned,
            Set<String> allowed,
            Arrangement arrangement,
            List<Wish> wishes) {

        NodeView view() {
            List<GpuView> views = new ArrayList<>();
            for (int i = 0; i < gpus.size(); i++) {
                GpuInventory gpu = gpus.get(i);
                MigRules rules = new MigRules(
                        List.of(), allowed.stream().map(MigProfile::parse).collect(Collectors.toSet()));
                views.add(
                        gpu.mode() == GpuMode.MIG
                                ? MigGpu.empty(gpu, cordoned.contains(i), new MigBoard(gpu, rules))
                                : SharedGpu.empty(gpu, cordoned.contains(i)));
            }
            return Boards.node("node", views, null);
        }

        /** Returns the scene for a pod of that policy: one that wants a GPU alone uses none that others block in part. */
        Scene under(String policy) {
            Set<Integer> out = new HashSet<>(cordoned);
            for (int i = 0; policy.contains("mutex") && i < gpus.size(); i++) {
                if (!gpus.get(i).blocked().isEmpty()) {
                    out.add(i);
                }
            }
            return new Scene(gpus, out, allowed, arrangement, wishes);
        }

        PodDemand pod(String policy) {
            Map<Integer, List<Wish>> containers = new HashMap<>();
            wishes.forEach(wish -> containers
                    .computeIfAbsent(wish.container(), any -> new ArrayList<>())
                    .add(wish));
            Demands pod = Demands.pod();
            for (int i = 0; i < containers.size(); i++) {
                List<Wish> devices = containers.getOrDefault(i, List.of());
                Wish one = devices.getFirst();
                pod.app(devices.size(), new MemoryRequest.MiB(one.memoryMiB()), one.cores());
            }
            return new PodDemand(
                    pod.demand().request(),
                    PodConstraints.fromAnnotations(Map.of(
                            Annotations.NUMA_BIND, "" + arrangement.numaBind(),
                            Annotations.SPREAD_DEVICES, "" + arrangement.spreadDevices())),
                    PolicyChoice.fromAnnotations(Map.of(Annotations.GPU_SCHEDULER_POLICY, policy)));
        }

        boolean legal(List<Laid> laid) {
            for (int i = 0; i < laid.size(); i++) {
                for (int j = 0; j < i; j++) {
                    if (!together(laid.get(i), laid.get(j))) {
                        return false;
                    }
                }
            }
            for (int gpu = 0; gpu < gpus.size(); gpu++) {
                if (!fitsOn(gpu, laid)) {
                    return false;
                }
            }
            return true;
        }

        private boolean together(Laid one, Laid other) {
            boolean sameContainer = one.wish().container() == other.wish().container();
            boolean sameGpu = one.gpu() == other.gpu();
            if (sameContainer && one.profile().isEmpty() != other.profile().isEmpty()) {
                return false;
            }
            if (sameGpu
                    && (arrangement.spreadDevices()
                            || (sameContainer && one.profile().isEmpty()))) {
                return false;
            }
            return !arrangement.numaBind()
                    || !sameContainer
                    || gpus.get(one.gpu()).numaNode() == gpus.get(other.gpu()).numaNode();
        }

        private boolean fitsOn(int position, List<Laid> laid) {
            GpuInventory gpu = gpus.get(position);
            long units = 0;
            for (Placement blocked : gpu.blocked()) {
                units |= blocked.mask().bits();
            }
            Map<String, Integer> counts = new HashMap<>();
            long memory = 0;
            int cores = 0;
            int slots = 0;
            boolean exclusive = false;
            for (Laid device : laid) {
                if (device.gpu() != position) {
                    continue;
                }
                if (cordoned.contains(position)) {
                    return false;
                }
                if (device.profile().isEmpty()) {
                    memory += device.wish().memoryMiB();
                    cores += device.wish().cores();
                    exclusive |= device.wish().cores() == 100;
                    slots++;
                } else {
                    long mask = device.placement().mask().bits();
                    if ((units & mask) != 0) {
                        return false;
                    }
                    units |= mask;
                    counts.merge(device.profile(), 1, Integer::sum);
                }
            }
            boolean countsFit = counts.entrySet().stream()
                    .allMatch(count -> count.getValue()
                            <= gpu.profile(MigProfile.parse(count.getKey()))
                                    .orElseThrow()
                                    .maxInstances());
            return countsFit
                    && memory <= gpu.memoryMiB()
                    && cores <= 100
                    && slots <= gpu.slots()
                    && (!exclusive || slots == 1);
        }

        List<Laid> placesOf(Wish wish) {
            List<Laid> places = new ArrayList<>();
            for (int gpu = 0; gpu < gpus.size(); gpu++) {
                if (gpus.get(gpu).mode() == GpuMode.HAMI_CORE) {
                    places.add(new Laid(gpu, "", new Placement(0, 1), wish));
                }
                for (ProfileCapability profile : gpus.get(gpu).profiles()) {
                    if (serves(gpus.get(gpu), profile, wish)) {
                        for (Placement placement : profile.placements()) {
                            places.add(new Laid(gpu, profile.profile().toString(), placement, wish));
                        }
                    }
                }
            }
            return places;
        }

        /** Profiles with attributes serve where no plain one of their size does. */
        boolean serves(GpuInventory gpu, ProfileCapability profile, Wish wish) {
            return serves(profile, wish)
                    && (profile.profile().isPlain()
                            || gpu.profiles().stream()
                                    .noneMatch(other -> other.profile().isPlain()
                                            && other.size() == profile.size()
                                            && serves(other, wish)));
        }

        private boolean serves(ProfileCapability profile, Wish wish) {
            return allowed.contains(profile.profile().toString())
                    && wish.memoryMiB() <= profile.profile().nominalMemoryMiB()
                    && wish.cores() <= profile.corePercent();
        }

        /** Returns the memory of instances and shares, in MiB. */
        long memoryMiB(List<Laid> laid) {
            return laid.stream()
                    .mapToLong(one -> one.profile().isEmpty()
                            ? one.wish().memoryMiB()
                            : gpus.get(one.gpu())
                                    .profile(MigProfile.parse(one.profile()))
                                    .orElseThrow()
                                    .memoryMiB())
                    .sum();
        }

        boolean bruteForce(int next, List<Laid> laid, long mostMiB) {
            if (next == wishes.size()) {
                return true;
            }
            for (Laid place : placesOf(wishes.get(next))) {
                laid.addLast(place);
                if (memoryMiB(laid) <= mostMiB && legal(laid) && bruteForce(next + 1, laid, mostMiB)) {
                    return true;
                }
                laid.removeLast();
            }
            return false;
        }
    }

    private static Scene scene(Random random) {
        List<GpuInventory> gpus = new ArrayList<>();
        Set<String> allowed = new HashSet<>();
        Set<Integer> cordoned = new HashSet<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            GpuInventory gpu =
                    switch (random.nextInt(3)) {
                        case 0 -> Boards.shared("g" + i, i, 1 + random.nextInt(3), 24_576);
                        case 1 -> Boards.a30("g" + i, i);
                        default -> Boards.a10040("g" + i, i);
                    };
            if (gpu.mode() == GpuMode.MIG && random.nextInt(3) == 0) {
                gpu = Boards.blocked(gpu, new Placement(random.nextInt(4), 1));
            }
            gpus.add(Boards.onNuma(gpu, random.nextInt(2)));
            gpu.profiles().stream()
                    .filter(profile -> random.nextInt(5) > 0)
                    .forEach(profile -> allowed.add(profile.profile().toString()));
            if (random.nextInt(8) == 0) {
                cordoned.add(i);
            }
        }
        List<Wish> wishes = new ArrayList<>();
        int containers = 1 + random.nextInt(2);
        for (int container = 0; container < containers; container++) {
            long memory = List.of(4000L, 6000L, 11_000L, 20_000L).get(random.nextInt(4));
            int cores = List.of(0, 0, 20, 45, 100).get(random.nextInt(5));
            for (int device = 1 + random.nextInt(2); device > 0; device--) {
                wishes.add(new Wish(container, memory, cores));
            }
        }
        return new Scene(
                List.copyOf(gpus),
                cordoned,
                allowed,
                new Arrangement(random.nextInt(3) == 0, random.nextInt(3) == 0),
                wishes);
    }

    @ParameterizedTest
    @ValueSource(longs = {71, 72, 73, 74})
    void aPlanKeepsEveryRuleAndIsFoundWheneverOneExistsUnderEveryPolicy(long seed) {
        Random random = new Random(seed);
        Planner planner = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));
        int fitting = 0;
        int elsewhere = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Scene scene = scene(random);
            String policy = POLICIES.get(random.nextInt(POLICIES.size()));
            PlanOutcome outcome = planner.plan(scene.pod(policy), scene.view());
            String what = "seed %d, round %d, %s: %s gives %s".formatted(seed, round, policy, scene, outcome);
            assertThat(outcome instanceof PlanOutcome.Fits)
                    .as(what)
                    .isEqualTo(scene.under(policy).bruteForce(0, new ArrayList<>(), Long.MAX_VALUE));
            if (outcome instanceof PlanOutcome.Fits fits) {
                Plan plan = fits.plan();
                fitting++;
                assertThat(scene.legal(laid(scene, plan))).as(what).isTrue();
                assertThat(scene.view().admits(plan.occupancy())).as(what).isTrue();
                elsewhere += requireWithinQuota(
                        scene.under(policy), fits, random.nextLong(fits.charge().memoryMiB()), what);
            }
        }
        assertThat(fitting).as("scenes where the pod fits").isBetween(ROUNDS / 5, ROUNDS * 9 / 10);
        assertThat(elsewhere).as("scenes where a quota moves the pod").isGreaterThan(3);
    }

    private static int requireWithinQuota(Scene scene, PlanOutcome.Fits fits, long mostMiB, String what) {
        PlanOutcome within = fits.within(charge -> charge.memoryMiB() <= mostMiB, charge -> Reasons.mutex());
        String more = what + " within " + mostMiB + " MiB: " + within;
        assertThat(within instanceof PlanOutcome.Fits)
                .as(more)
                .isEqualTo(scene.bruteForce(0, new ArrayList<>(), mostMiB));
        if (!(within instanceof PlanOutcome.Fits other)) {
            return 0;
        }
        List<Laid> laid = laid(scene, other.plan());
        assertThat(scene.legal(laid)).as(more).isTrue();
        assertThat(scene.memoryMiB(laid))
                .as(more)
                .isEqualTo(other.plan().charge().memoryMiB())
                .isLessThanOrEqualTo(mostMiB);
        return 1;
    }

    private static List<Laid> laid(Scene scene, Plan plan) {
        List<Laid> laid = new ArrayList<>();
        List<String> uuids = scene.gpus().stream().map(GpuInventory::uuid).toList();
        int next = 0;
        for (List<DeviceAssignment> container : plan.containers()) {
            for (DeviceAssignment device : container) {
                Wish wish = scene.wishes().get(next++);
                int gpu = uuids.indexOf(device.part().gpuUuid());
                switch (device.part()) {
                    case DevicePart.SoftwareShare share -> {
                        assertThat(share.memoryMiB()).isEqualTo(wish.memoryMiB());
                        laid.add(new Laid(gpu, "", new Placement(0, 1), wish));
                    }
                    case DevicePart.MigSlice instance -> {
                        ProfileCapability profile = scene.gpus()
                                .get(gpu)
                                .profile(instance.profile())
                                .orElseThrow();
                        assertThat(profile.allows(instance.placement())).isTrue();
                        assertThat(scene.serves(scene.gpus().get(gpu), profile, wish))
                                .isTrue();
                        laid.add(new Laid(gpu, instance.profile().toString(), instance.placement(), wish));
                    }
                    case DevicePart.UnplacedMigSlice unplaced ->
                        throw new AssertionError("planned without a place: " + plan);
                }
            }
        }
        return laid;
    }
}
