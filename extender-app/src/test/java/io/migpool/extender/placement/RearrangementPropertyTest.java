package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.placement.Rearrangement.Move;
import io.migpool.extender.placement.Rearrangement.Tenant;
import io.migpool.extender.placement.Rearrangement.Ways;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ways to make room against brute force, on two nodes with both kinds of GPUs, blocked units, a cordoned GPU, and pods of
 * several containers and devices with constraints: a way is found whenever one exists, has the fewest moves, and makes room.
 */
class RearrangementPropertyTest {

    private static final int ROUNDS = 120;
    private static final int MOST_MOVES = 3;
    private static final List<String> POLICIES =
            List.of("fragmentation", "binpack", "spread", "first-fit", "numa,binpack", "topology-aware");

    private record Site(String node, GpuInventory gpu, boolean cordoned) {}

    /** One device of a container. */
    private record Wish(int container, long memoryMiB) {}

    private record Pod(String name, List<Wish> wishes, boolean numaBind, boolean spread, String avoids, String policy) {

        PodDemand demand() {
            Map<Integer, List<Wish>> containers = new TreeMap<>();
            wishes.forEach(wish -> containers
                    .computeIfAbsent(wish.container(), any -> new ArrayList<>())
                    .add(wish));
            Demands demands = Demands.pod();
            containers
                    .values()
                    .forEach(devices -> demands.app(
                            devices.size(),
                            new MemoryRequest.MiB(devices.getFirst().memoryMiB())));
            return new PodDemand(
                    demands.demand().request(),
                    PodConstraints.fromAnnotations(Map.of(
                            Annotations.NUMA_BIND, "" + numaBind,
                            Annotations.SPREAD_DEVICES, "" + spread,
                            Annotations.NO_USE_GPU_UUID, avoids)),
                    PolicyChoice.fromAnnotations(Map.of(Annotations.GPU_SCHEDULER_POLICY, policy)));
        }
    }

    /** Where a device lies, by the test's own arithmetic; software shares have an empty profile. */
    private record Laid(Pod pod, Wish wish, Site site, String profile, Placement placement) {}

    private record Scene(List<Site> sites, List<Laid> tenants, Pod waiting) {

        List<Pod> pods() {
            return tenants.stream().map(Laid::pod).distinct().toList();
        }

        List<NodeView> views() {
            Map<String, List<GpuView>> nodes = new TreeMap<>();
            for (Site site : sites) {
                nodes.computeIfAbsent(site.node(), any -> new ArrayList<>())
                        .add(
                                site.gpu().mode() == GpuMode.MIG
                                        ? MigGpu.empty(
                                                site.gpu(),
                                                site.cordoned(),
                                                new MigBoard(site.gpu(), MigRules.UNRESTRICTED))
                                        : SharedGpu.empty(site.gpu(), site.cordoned()));
            }
            List<NodeView> views = new ArrayList<>();
            nodes.forEach((name, gpus) -> views.add(Boards.node(name, gpus, null)));
            for (Tenant tenant : movable()) {
                views.replaceAll(
                        view -> view.name().equals(tenant.occupancy().node()) ? view.plus(tenant.occupancy()) : view);
            }
            return views;
        }

        List<Tenant> movable() {
            return pods().stream()
                    .map(pod -> {
                        List<Laid> devices = of(pod);
                        return new Tenant(
                                pod.name(),
                                pod.demand(),
                                new PodOccupancy(
                                        devices.getFirst().site().node(),
                                        devices.stream().map(Scene::part).toList()));
                    })
                    .toList();
        }

        List<Laid> of(Pod pod) {
            return tenants.stream().filter(laid -> laid.pod().equals(pod)).toList();
        }

        private static DevicePart part(Laid laid) {
            String uuid = laid.site().gpu().uuid();
            return laid.profile().isEmpty()
                    ? new DevicePart.SoftwareShare(uuid, laid.wish().memoryMiB(), 0)
                    : new DevicePart.MigSlice(uuid, MigProfile.parse(laid.profile()), laid.placement());
        }

        /** Returns the fewest pods of one node whose move makes room; 0 if no number is enough. */
        int fewestMoves() {
            for (int moves = 1; moves <= MOST_MOVES; moves++) {
                for (String node : List.of("m", "n")) {
                    if (anySetHelps(node, moves, 0, List.of())) {
                        return moves;
                    }
                }
            }
            return 0;
        }

        private boolean anySetHelps(String node, int missing, int from, List<Pod> leaving) {
            if (missing == 0) {
                List<Laid> rest = new ArrayList<>(tenants);
                rest.removeIf(laid -> leaving.contains(laid.pod()));
                List<Wish> wishes = new ArrayList<>(waiting.wishes());
                List<Pod> owners =
                        new ArrayList<>(wishes.stream().map(any -> waiting).toList());
                leaving.forEach(pod -> pod.wishes().forEach(wish -> {
                    wishes.add(wish);
                    owners.add(pod);
                }));
                return canLay(node, owners, wishes, 0, rest);
            }
            List<Pod> pods = pods();
            for (int i = from; i < pods.size(); i++) {
                Pod pod = pods.get(i);
                if (of(pod).getFirst().site().node().equals(node) && inTheWay(pod)) {
                    List<Pod> more = new ArrayList<>(leaving);
                    more.add(pod);
                    if (anySetHelps(node, missing - 1, i + 1, more)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean inTheWay(Pod pod) {
            return of(pod).stream()
                    .anyMatch(laid ->
                            !laid.site().cordoned() && !laid.site().gpu().uuid().equals(waiting.avoids()));
        }

        private boolean canLay(String node, List<Pod> owners, List<Wish> wishes, int next, List<Laid> laid) {
            if (next == wishes.size()) {
                return true;
            }
            Pod owner = owners.get(next);
            for (Laid place : placesOf(owner, wishes.get(next))) {
                if (owner.equals(waiting) && !place.site().node().equals(node)) {
                    continue;
                }
                laid.addLast(place);
                if (legal(laid) && canLay(node, owners, wishes, next + 1, laid)) {
                    return true;
                }
                laid.removeLast();
            }
            return false;
        }

        List<Laid> placesOf(Pod pod, Wish wish) {
            List<Laid> places = new ArrayList<>();
            for (Site site : sites) {
                if (site.cordoned() || site.gpu().uuid().equals(pod.avoids())) {
                    continue;
                }
                if (site.gpu().mode() == GpuMode.HAMI_CORE) {
                    places.add(new Laid(pod, wish, site, "", new Placement(0, 1)));
                }
                for (ProfileCapability profile : site.gpu().profiles()) {
                    if (profile.profile().isPlain()
                            && wish.memoryMiB() <= profile.profile().nominalMemoryMiB()) {
                        for (Placement placement : profile.placements()) {
                            places.add(
                                    new Laid(pod, wish, site, profile.profile().toString(), placement));
                        }
                    }
                }
            }
            return places;
        }

        /** Returns whether the last one may lie beside all others. */
        boolean legal(List<Laid> laid) {
            Laid added = laid.getLast();
            GpuInventory gpu = added.site().gpu();
            long units = 0;
            for (Placement blocked : gpu.blocked()) {
                units |= blocked.mask().bits();
            }
            long memory = added.wish().memoryMiB();
            int users = 1;
            int alike = 1;
            for (Laid one : laid.subList(0, laid.size() - 1)) {
                if (one.pod().equals(added.pod()) && !together(one, added)) {
                    return false;
                }
                if (one.site().equals(added.site())) {
                    users++;
                    memory += one.wish().memoryMiB();
                    alike += one.profile().equals(added.profile()) ? 1 : 0;
                    units |= one.placement().mask().bits();
                }
            }
            if (added.profile().isEmpty()) {
                return memory <= gpu.memoryMiB() && users <= gpu.slots();
            }
            int most = gpu.profiles().stream()
                    .filter(profile -> profile.profile().toString().equals(added.profile()))
                    .mapToInt(ProfileCapability::maxInstances)
                    .findFirst()
                    .orElseThrow();
            return alike <= most && (units & added.placement().mask().bits()) == 0;
        }

        private static boolean together(Laid one, Laid other) {
            boolean sameGpu = one.site().equals(other.site());
            boolean sameContainer = one.wish().container() == other.wish().container();
            boolean sameNuma = one.site().gpu().numaNode() == other.site().gpu().numaNode();
            boolean sameKind = one.profile().isEmpty() == other.profile().isEmpty();
            return one.site().node().equals(other.site().node())
                    && !(sameContainer && !sameKind)
                    && !(sameGpu
                            && (one.pod().spread()
                                    || (sameContainer && one.profile().isEmpty())))
                    && !(one.pod().numaBind() && sameContainer && !sameNuma);
        }
    }

    private static Scene scene(Random random) {
        List<Site> sites = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            GpuInventory gpu =
                    switch (random.nextInt(4)) {
                        case 0 -> Boards.shared("g" + i, i, 1 + random.nextInt(3), 24_576);
                        case 1 -> Boards.a10040("g" + i, i);
                        default -> Boards.a30("g" + i, i);
                    };
            if (gpu.mode() == GpuMode.MIG && random.nextInt(4) == 0) {
                gpu = Boards.blocked(gpu, new Placement(random.nextInt(4), 1));
            }
            sites.add(new Site(i == 2 ? "m" : "n", Boards.onNuma(gpu, random.nextInt(2)), random.nextInt(10) == 0));
        }
        Scene scene = new Scene(sites, new ArrayList<>(), pod(random, "waiting", 3));
        int tries = 2 + random.nextInt(6);
        for (int i = 0; i < tries; i++) {
            Pod pod = pod(random, "pod-" + i, random.nextInt(4) == 0 ? 2 : 1);
            List<Laid> laid = new ArrayList<>(scene.tenants());
            boolean placed = true;
            for (Wish wish : pod.wishes()) {
                List<Laid> places = scene.placesOf(pod, wish);
                placed &= !places.isEmpty();
                if (placed) {
                    laid.add(places.get(random.nextInt(places.size())));
                    placed = scene.legal(laid);
                }
            }
            if (placed) {
                scene.tenants().clear();
                scene.tenants().addAll(laid);
            }
        }
        return scene;
    }

    private static Pod pod(Random random, String name, int mostDevices) {
        List<Wish> wishes = new ArrayList<>();
        int devices = 1 + random.nextInt(mostDevices);
        long memory = List.of(4000L, 6000L, 11_000L, 20_000L).get(random.nextInt(4));
        int second = random.nextInt(3);
        for (int i = 0; i < devices; i++) {
            wishes.add(new Wish(second == 0 ? i : 0, memory));
        }
        String avoids = random.nextInt(5) == 0 ? "g" + random.nextInt(3) : "";
        return new Pod(
                name,
                wishes,
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                avoids,
                POLICIES.get(random.nextInt(POLICIES.size())));
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43, 44})
    void aWayIsFoundWheneverOneExistsIsOfTheFewestMovesAndLeadsThere(long seed) {
        Random random = new Random(seed);
        Planner planner = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));
        Map<Integer, Integer> rounds = new HashMap<>();
        for (int round = 0; round < ROUNDS; ) {
            Scene scene = scene(random);
            List<NodeView> views = scene.views();
            PodDemand waiting = scene.waiting().demand();
            if (planner.rank(waiting, views).anyFits()) {
                continue;
            }
            round++;
            Ways ways = planner.rearrangements(waiting, views, scene.movable());
            String what = "seed %d, round %d: %s gives %s".formatted(seed, round, scene, ways);
            int fewest = scene.fewestMoves();
            rounds.merge(fewest, 1, Integer::sum);
            assertThat(ways.complete()).as(what).isTrue();
            assertThat(ways.all().isEmpty()).as(what).isEqualTo(fewest == 0);
            for (Rearrangement way : ways.all()) {
                assertThat(way.moves()).as(what).hasSize(fewest);
                assertThat(leadsThere(scene, way, planner)).as(what).isTrue();
            }
        }
        assertThat(rounds.keySet()).as("moves needed").contains(0, 1, 2);
    }

    /** Uses the test's own arithmetic for the places, and the planner for the pod. */
    private static boolean leadsThere(Scene scene, Rearrangement way, Planner planner) {
        List<NodeView> after = scene.views();
        List<Laid> laid = new ArrayList<>(scene.tenants());
        for (Move move : way.moves()) {
            laid.removeIf(one -> one.pod().name().equals(move.tenant().pod()));
            after.replaceAll(
                    view -> view.name().equals(move.tenant().occupancy().node())
                            ? view.minus(move.tenant().occupancy())
                            : view);
        }
        for (Move move : way.moves()) {
            Pod pod = scene.pods().stream()
                    .filter(one -> one.name().equals(move.tenant().pod()))
                    .findFirst()
                    .orElseThrow();
            if (!canAdd(scene, pod, move.to(), laid)) {
                return false;
            }
            after.replaceAll(view ->
                    view.name().equals(move.to().node()) ? view.plus(move.to().occupancy()) : view);
        }
        boolean fits = after.stream()
                .filter(view -> view.name().equals(way.plan().node()))
                .anyMatch(view -> planner.plan(scene.waiting().demand(), view) instanceof PlanOutcome.Fits);
        return fits && canAdd(scene, scene.waiting(), way.plan(), laid);
    }

    private static boolean canAdd(Scene scene, Pod pod, Plan plan, List<Laid> laid) {
        List<DeviceAssignment> devices =
                plan.containers().stream().flatMap(List::stream).toList();
        for (int i = 0; i < devices.size(); i++) {
            Wish wish = pod.wishes().get(i);
            DevicePart part = devices.get(i).part();
            Laid place = scene.placesOf(pod, wish).stream()
                    .filter(one -> one.site().node().equals(plan.node())
                            && Scene.part(one).equals(part))
                    .findFirst()
                    .orElse(null);
            if (place == null) {
                return false;
            }
            laid.add(place);
            if (!scene.legal(laid)) {
                return false;
            }
        }
        return devices.size() == pod.wishes().size();
    }
}
