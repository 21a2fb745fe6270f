package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on one GPU, each compared with what a simple model expects. */
class RandomMutationTest {

    private static final int OPERATIONS = 6_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NVIDIA A100-SXM4-80GB",
                "NVIDIA A30",
                "NVIDIA H100 80GB HBM3",
                "NVIDIA RTX PRO 6000 Blackwell Server Edition"
            })
    void theDriverDoesWhatTheModelSays(String model) throws GpuException {
        long seed = new SplittableRandom().nextLong();
        try (Rig rig = Rig.with(model)) {
            Walk walk = new Walk(rig, new SplittableRandom(seed));
            for (int i = 0; i < OPERATIONS; i++) {
                String step = "seed %d, operation %d on %s".formatted(seed, i, model);
                walk.step(step);
                walk.check(step);
            }
            assertThat(walk.outcomes.keySet())
                    .as("seed %d: every kind of outcome was met", seed)
                    .contains(
                            "done",
                            GpuErrorCode.IN_USE.name(),
                            GpuErrorCode.INSUFFICIENT_RESOURCES.name(),
                            GpuErrorCode.NOT_FOUND.name());
        }
    }

    private static final class Walk {

        private final Rig rig;
        private final SplittableRandom random;
        private final List<Slot> slots;
        private final Map<GpuInstance, Slot> live = new HashMap<>();
        private final Map<GpuInstance, ComputeInstance> compute = new HashMap<>();
        private final Map<GpuInstance, Long> running = new HashMap<>();
        private final List<GpuInstance> gone = new ArrayList<>();
        private final Set<String> uuids = new HashSet<>();
        private final Map<String, Integer> outcomes = new HashMap<>();
        private long pids;

        Walk(Rig rig, SplittableRandom random) throws GpuException {
            this.rig = rig;
            this.random = random;
            this.slots = Slot.of(rig.description());
        }

        void step(String step) throws GpuException {
            switch (random.nextInt(7)) {
                case 0, 1 -> cut(step);
                case 2 -> makeCompute(step);
                case 3 -> destroyCompute(step);
                case 4 -> destroyInstance(step);
                case 5 -> startOrEndProcess();
                default -> useStale(step);
            }
        }

        private void cut(String step) throws GpuException {
            Slot slot = slots.get(random.nextInt(slots.size()));
            List<Slot> together = new ArrayList<>(live.values());
            together.add(slot);
            boolean allowed = Slot.mayCoexist(together);
            expect(step, allowed ? "done" : GpuErrorCode.INSUFFICIENT_RESOURCES.name(), () -> {
                live.put(rig.cut(slot.profile(), slot.placement()), slot);
            });
        }

        private void makeCompute(String step) throws GpuException {
            if (live.isEmpty()) {
                return;
            }
            GpuInstance instance = any();
            boolean allowed = !compute.containsKey(instance);
            expect(step, allowed ? "done" : GpuErrorCode.INSUFFICIENT_RESOURCES.name(), () -> {
                ComputeInstance made = rig.driver().createComputeInstance(instance);
                assertThat(uuids.add(made.migUuid())).as(step).isTrue();
                compute.put(instance, made);
            });
        }

        private void destroyCompute(String step) throws GpuException {
            if (compute.isEmpty()) {
                return;
            }
            GpuInstance instance = any();
            ComputeInstance made = compute.get(instance);
            if (made == null) {
                return;
            }
            boolean allowed = !running.containsKey(instance);
            expect(step, allowed ? "done" : GpuErrorCode.IN_USE.name(), () -> {
                rig.driver().destroyComputeInstance(instance, made);
                compute.remove(instance);
            });
        }

        private void destroyInstance(String step) throws GpuException {
            if (live.isEmpty()) {
                return;
            }
            GpuInstance instance = any();
            boolean allowed = !compute.containsKey(instance);
            expect(step, allowed ? "done" : GpuErrorCode.IN_USE.name(), () -> {
                rig.driver().destroyGpuInstance(instance);
                live.remove(instance);
                gone.add(instance);
            });
        }

        private void startOrEndProcess() throws GpuException {
            if (compute.isEmpty()) {
                return;
            }
            GpuInstance instance = any();
            ComputeInstance made = compute.get(instance);
            Long pid = running.remove(instance);
            if (pid != null) {
                rig.machine().endProcess(pid);
            } else if (made != null) {
                rig.machine().startProcess(made.migUuid(), ++pids, 1);
                running.put(instance, pids);
            }
        }

        private void useStale(String step) throws GpuException {
            if (gone.isEmpty()) {
                return;
            }
            GpuInstance stale = gone.get(random.nextInt(gone.size()));
            if (!live.containsKey(stale)) {
                expect(step, GpuErrorCode.NOT_FOUND.name(), () -> rig.driver().destroyGpuInstance(stale));
            }
        }

        /** Chosen in the order of the ids, so that a seed gives the same walk again. */
        private GpuInstance any() {
            List<GpuInstance> all = live.keySet().stream()
                    .sorted(Comparator.comparingInt(GpuInstance::id))
                    .toList();
            return all.get(random.nextInt(all.size()));
        }

        private void expect(String step, String expected, Call call) throws GpuException {
            String outcome = "done";
            try {
                call.run();
            } catch (GpuException e) {
                outcome = e.code().name();
            }
            assertThat(outcome).as(step).isEqualTo(expected);
            outcomes.merge(outcome, 1, Integer::sum);
        }

        void check(String step) throws GpuException {
            List<GpuInstance> actual = rig.instances();
            assertThat(actual).as(step).hasSize(live.size());
            long units = 0;
            Set<Integer> ids = new HashSet<>();
            for (GpuInstance instance : actual) {
                long mask = instance.placement().mask().bits();
                assertThat(units & mask).as("%s: %s overlaps", step, instance).isZero();
                units |= mask;
                assertThat(ids.add(instance.id()))
                        .as("%s: %s has the id of another", step, instance)
                        .isTrue();
                GpuInstance known = live.keySet().stream()
                        .filter(instance::isSameAs)
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(step + ": nobody cut " + instance));
                ComputeInstance made = compute.get(known);
                assertThat(instance.computeInstances()).as(step).isEqualTo(made == null ? List.of() : List.of(made));
            }
        }

        @FunctionalInterface
        private interface Call {
            void run() throws GpuException;
        }
    }
}
