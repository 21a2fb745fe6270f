package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.DeviceReuse;
import io.migpool.contracts.request.DistinctDevices.Container;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A plan that is allocated by the node agent's rule serves every container, whichever ids kubelet chooses: random pods
 * with init containers, sidecars and app containers, each admitted several times.
 */
class DeviceReusePropertyTest {

    private static final int PODS = 150;
    private static final int ADMISSIONS = 6;
    private static final List<Long> SIZES = List.of(4000L, 8000L, 18_000L, 38_000L);

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33, 34})
    void everyContainerGetsDistinctDevicesThatAreLargeEnoughAndNoneIsLeftOver(long seed) {
        Random random = new Random(seed);
        int reused = 0;
        for (int round = 0; round < PODS; round++) {
            PodDemand pod = pod(random);
            int migGpus = List.of(0, 2, 8).get(random.nextInt(3));
            PlanOutcome outcome = Pool.PLANNER.plan(pod, node(migGpus));
            if (!(outcome instanceof PlanOutcome.Fits fits)) {
                continue;
            }
            Plan plan = fits.plan();
            assertThat(plan.charge()).isEqualTo(Charge.of(plan.toReservation(Instant.EPOCH), pod.request()));
            List<Container<Device>> claim = claim(pod, plan);
            for (int admission = 0; admission < ADMISSIONS; admission++) {
                Map<Integer, NavigableSet<Integer>> ids = admitted(pod, random);
                Map<Integer, Device> byId =
                        DeviceReuse.byId(claim, ids, device -> device.part() instanceof DevicePart.MigSlice);
                String what = "seed %d, round %d: %s planned as %s, admitted with %s: %s"
                        .formatted(seed, round, pod.request(), plan, ids, byId);
                reused += anInitContainersIdIsUsedAgain(pod, ids) ? 1 : 0;
                assertThat(byId.values().stream().map(Device::part))
                        .as(what)
                        .containsExactlyInAnyOrderElementsOf(plan.occupancy().parts());
                for (ContainerGpuRequest request : pod.request().containers()) {
                    requireServed(request, ids, byId, what);
                }
            }
        }
        assertThat(reused).as("admissions that pass ids on").isGreaterThan(PODS);
    }

    /** A device as the node agent reads it: equal ones may be the same. */
    private record Device(DevicePart part, long memoryMiB) {}

    private static void requireServed(
            ContainerGpuRequest request,
            Map<Integer, NavigableSet<Integer>> ids,
            Map<Integer, Device> byId,
            String what) {
        Set<Object> seen = new HashSet<>();
        Set<Class<?>> kinds = new HashSet<>();
        for (int id : idsOf(request, ids)) {
            Device device = Objects.requireNonNull(byId.get(id), what);
            long memoryMiB =
                    switch (device.part()) {
                        case DevicePart.MigSlice instance -> instance.profile().nominalMemoryMiB();
                        case DevicePart.SoftwareShare share -> share.memoryMiB();
                        case DevicePart.UnplacedMigSlice unplaced ->
                            throw new AssertionError("without a place: " + unplaced);
                    };
            assertThat(memoryMiB).as(what).isGreaterThanOrEqualTo(((MemoryRequest.MiB) request.memory()).amount());
            kinds.add(device.part().getClass());
            // A container sees a GPU that is shared in software once.
            Object visible =
                    switch (device.part()) {
                        case DevicePart.MigSlice instance -> instance;
                        case DevicePart.SoftwareShare share -> share.gpuUuid();
                        case DevicePart.UnplacedMigSlice unplaced -> unplaced;
                    };
            assertThat(seen.add(visible)).as(what).isTrue();
        }
        assertThat(kinds).as(what).hasSize(1);
    }

    private static NavigableSet<Integer> idsOf(ContainerGpuRequest request, Map<Integer, NavigableSet<Integer>> ids) {
        return Objects.requireNonNull(ids.get(request.index()));
    }

    private static List<Container<Device>> claim(PodDemand pod, Plan plan) {
        return pod.request().containers().stream()
                .map(request -> new Container<>(
                        request.index(),
                        request.role() == Role.INIT,
                        plan.containers().get(request.index()).stream()
                                .map(device -> new Device(device.part(), device.memoryMiB()))
                                .toList()))
                .toList();
    }

    /** Returns ids as kubelet chooses them at admission: any of the reusable ones first, then any free ones. */
    private static Map<Integer, NavigableSet<Integer>> admitted(PodDemand pod, Random random) {
        List<Integer> free = new ArrayList<>();
        for (int id = 0; id < 64; id++) {
            free.add(id);
        }
        Collections.shuffle(free, random);
        List<Integer> reusable = new ArrayList<>();
        Map<Integer, NavigableSet<Integer>> ids = new HashMap<>();
        for (ContainerGpuRequest request : pod.request().containers()) {
            NavigableSet<Integer> own = new TreeSet<>();
            Collections.shuffle(reusable, random);
            reusable.stream().limit(request.devices()).forEach(own::add);
            while (own.size() < request.devices()) {
                own.add(free.removeLast());
            }
            ids.put(request.index(), own);
            reusable.removeAll(own);
            if (request.role() == Role.INIT) {
                reusable.addAll(own);
            }
        }
        return ids;
    }

    private static boolean anInitContainersIdIsUsedAgain(PodDemand pod, Map<Integer, NavigableSet<Integer>> ids) {
        Set<Integer> all = new HashSet<>();
        return pod.request().containers().stream()
                .flatMap(request -> idsOf(request, ids).stream())
                .anyMatch(id -> !all.add(id));
    }

    private static PodDemand pod(Random random) {
        Demands pod = Demands.pod();
        int early = random.nextInt(4);
        for (int i = 0; i < early; i++) {
            int devices = 1 + random.nextInt(3);
            MemoryRequest memory = memory(random);
            if (random.nextInt(3) == 0) {
                pod.sidecar(devices, memory);
            } else {
                pod.init(devices, memory);
            }
        }
        int apps = 1 + random.nextInt(3);
        for (int i = 0; i < apps; i++) {
            pod.app(1 + random.nextInt(2), memory(random));
        }
        return pod.demand();
    }

    private static MemoryRequest memory(Random random) {
        return new MemoryRequest.MiB(SIZES.get(random.nextInt(SIZES.size())));
    }

    private static NodeView node(int migGpus) {
        GpuInventory[] gpus = new GpuInventory[8];
        for (int i = 0; i < gpus.length; i++) {
            gpus[i] = i < migGpus ? Boards.a10080("g" + i, i) : Boards.shared("g" + i, i, 10, 81_920);
        }
        return Pool.node(gpus);
    }
}
