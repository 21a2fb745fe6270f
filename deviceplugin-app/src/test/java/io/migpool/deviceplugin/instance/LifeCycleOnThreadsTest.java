package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Short random histories on real threads and a real file; {@link LifeCycleModelTest} has the long ones. Whatever
 * happens: a pod that runs keeps its instance, what others made is never touched, and when all is over nothing of ours
 * is left.
 */
class LifeCycleOnThreadsTest {

    private static final int STEPS = 400;
    private static final String[] FALLIBLE = {
        "createGpuInstance",
        "createComputeInstance",
        "destroyGpuInstance",
        "destroyComputeInstance",
        "instances",
        "processes"
    };
    private static final GpuErrorCode[] CODES = {
        GpuErrorCode.IN_USE, GpuErrorCode.INSUFFICIENT_RESOURCES, GpuErrorCode.TIMEOUT, GpuErrorCode.UNKNOWN
    };

    @TempDir
    Path directory;

    private final Map<String, Slice> pods = new TreeMap<>();
    private final Map<String, String> running = new TreeMap<>();
    private final Map<Long, String> processes = new TreeMap<>();
    private final List<GpuInstance> foreign = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private int pod;
    private long pid = 1000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void whatRunsIsNeverDisturbedAndNothingIsLeftOver(long seed) throws Exception {
        Random random = new Random(seed);
        try (PoolRig rig = new PoolRig(directory, "NVIDIA A100-SXM4-80GB, NVIDIA A30", seed)) {
            rig.limit = Duration.ofMillis(1);
            for (int step = 0; step < STEPS; step++) {
                String what = step(random, rig);
                history.add(step + ": " + what + " " + rig.known());
                check(rig, "seed " + seed + " step " + step + ": " + what);
            }
            settle(rig);
            check(rig, "seed " + seed + " at the end");
            assertThat(rig.real())
                    .as("left over, seed %d; the pool knows %s; history %s", seed, rig.known(), history)
                    .containsExactlyInAnyOrderElementsOf(foreign);
        }
    }

    private String step(Random random, PoolRig rig) throws Exception {
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> start(random, rig);
            case 4, 5 -> end(random, rig);
            case 6 -> {
                rig.clock.forward(Duration.ofMinutes(random.nextInt(4)));
                rig.sweep();
                yield "sweep";
            }
            case 7 -> {
                SimulatedFault fault = new SimulatedFault(
                        FALLIBLE[random.nextInt(FALLIBLE.length)],
                        random.nextBoolean() ? SimulatedFault.Effect.REFUSED : SimulatedFault.Effect.DONE_AND_FAILED,
                        CODES[random.nextInt(CODES.length)],
                        1,
                        0);
                SimulatedFault honest = fault.effect() == SimulatedFault.Effect.REFUSED
                        ? fault
                        : SimulatedFault.loseAnswerOfNext(fault.call());
                rig.machine.inject(rig.gpu(random.nextInt(2)), honest);
                yield honest.toString();
            }
            case 8 -> stranger(random, rig);
            case 9 -> {
                if (!running.isEmpty()) {
                    String uuid = anyOf(random, List.copyOf(running.values()));
                    rig.machine.startProcess(uuid, ++pid, 10);
                    processes.put(pid, uuid);
                }
                yield "process starts";
            }
            case 10 -> {
                if (!processes.isEmpty()) {
                    long ending = anyOf(random, List.copyOf(processes.keySet()));
                    rig.machine.endProcess(ending);
                    processes.remove(ending);
                }
                yield "process ends";
            }
            default -> {
                rig.restart();
                yield "restart";
            }
        };
    }

    /** As the extender would: a place that no living pod has; it need not be free on the node. */
    private String start(Random random, PoolRig rig) throws Exception {
        if (pods.size() > 2 && random.nextBoolean()) {
            String waiting = anyOf(random, List.copyOf(pods.keySet()));
            return realise(rig, waiting);
        }
        MachineSnapshot.Gpu gpu = rig.machine.snapshot().gpus().get(random.nextInt(2));
        Slice slice = anySlice(random, gpu.description());
        boolean free = pods.values().stream()
                .noneMatch(other -> other.gpuUuid().equals(slice.gpuUuid())
                        && other.placement().overlaps(slice.placement()));
        if (!free) {
            return "no place for " + slice;
        }
        String uid = "pod-" + ++pod;
        pods.put(uid, slice);
        return realise(rig, uid);
    }

    private String realise(PoolRig rig, String uid) throws Exception {
        Slice slice = pods.get(uid);
        if (slice == null) {
            return "no such pod";
        }
        try {
            String uuid = rig.migUuid(uid, slice);
            String before = running.put(uid, uuid);
            assertThat(before == null || before.equals(uuid))
                    .as("%s had %s and now has %s", uid, before, uuid)
                    .isTrue();
            return uid + " has " + slice;
        } catch (RealisationException e) {
            return uid + " does not start: " + e.getMessage();
        }
    }

    private static Slice anySlice(Random random, GpuDescription gpu) {
        List<ProfileCapability> plain =
                gpu.profiles().stream().filter(p -> p.profile().isPlain()).toList();
        ProfileCapability profile = anyOf(random, plain);
        Placement placement = anyOf(random, profile.placements());
        MigProfile name = profile.profile();
        return new Slice(gpu.uuid(), name, placement);
    }

    private String end(Random random, PoolRig rig) {
        if (pods.isEmpty()) {
            return "nobody to end";
        }
        String uid = anyOf(random, List.copyOf(pods.keySet()));
        pods.remove(uid);
        running.remove(uid);
        rig.end(uid);
        return uid + " ends";
    }

    private String stranger(Random random, PoolRig rig) throws GpuException {
        if (foreign.size() >= 2) {
            return "enough strangers";
        }
        Slice slice = anySlice(
                random, rig.machine.snapshot().gpus().get(random.nextInt(2)).description());
        boolean meant = pods.values().stream()
                        .anyMatch(other -> other.gpuUuid().equals(slice.gpuUuid())
                                && other.placement().overlaps(slice.placement()))
                || rig.pool().instances().stream()
                        .anyMatch(known -> known.slice().equals(slice));
        if (meant) {
            // In the very place of a half-made instance nobody could tell them apart.
            return "no stranger in a pod's place";
        }
        List<GpuInstance> before = rig.real();
        String outcome = "a stranger cuts " + slice;
        try {
            var _ = rig.machine.createForeignInstance(
                    slice.gpuUuid(),
                    slice.profile(),
                    slice.placement(),
                    slice.profile().computeSlices());
        } catch (GpuException e) {
            outcome = "a stranger has trouble with " + slice + ": " + e.code();
        }
        // A fault may have hit the stranger: what counts is what exists.
        rig.real().stream().filter(gi -> !before.contains(gi)).forEach(foreign::add);
        return outcome;
    }

    private void check(PoolRig rig, String when) throws GpuException {
        List<GpuInstance> real = rig.real();
        List<String> uuids = real.stream()
                .flatMap(gi -> gi.computeInstances().stream())
                .map(ci -> ci.migUuid())
                .toList();
        assertThat(uuids).as(when).containsAll(running.values());
        assertThat(real).as(when).containsAll(foreign);
        assertThat(running.values()).as(when).doesNotHaveDuplicates();
    }

    /** Everything ends, all faults are used up, and time passes. */
    private void settle(PoolRig rig) throws GpuException {
        for (long each : processes.keySet()) {
            rig.machine.endProcess(each);
        }
        List.copyOf(pods.keySet()).forEach(uid -> {
            pods.remove(uid);
            running.remove(uid);
            rig.end(uid);
        });
        for (int i = 0; i < STEPS && rig.real().size() > foreign.size(); i++) {
            rig.clock.forward(PoolRig.IDLE_TTL);
            rig.sweep();
        }
    }

    private static <T> T anyOf(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
