package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From random layouts to others, with parts of GPU instances, and around what is in use. */
class TransitionsTest {

    private static final int TRANSITIONS = 150;
    private static final int DRAWS = 30;
    private static final long PID = 4711;

    @ParameterizedTest
    @ValueSource(strings = {"NVIDIA A100-SXM4-80GB", "NVIDIA A30", "NVIDIA RTX PRO 6000 Blackwell Server Edition"})
    void betweenAnyTwoLayoutsAsManyInstancesStayAsCan(String board) throws GpuException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (Lab lab = Lab.of(board)) {
            GpuDescription gpu = lab.driver().gpus().getFirst();
            List<Set<LaidInstance>> layouts = List.copyOf(GeometryPropertyTest.all(gpu));
            for (int i = 0; i < TRANSITIONS; i++) {
                TreeSet<String> was = lab.layout(0);
                Set<GpuInstance> before = Set.copyOf(lab.instances(0));
                Map<MigProfile, Integer> wanted = GeometryPropertyTest.devicesOf(
                        random.nextBoolean() ? divided(oneOf(layouts, random), random) : altered(before, random));
                Optional<GpuInstance> used =
                        before.stream().filter(_ -> random.nextBoolean()).findAny();
                if (used.isPresent()) {
                    lab.machine()
                            .startProcess(
                                    used.get().computeInstances().getLast().migUuid(), PID, 10);
                }
                OptionalInt possible = mostKept(layouts, before, wanted, used);

                Outcome outcome = lab.applyAll(List.of(MigSpecEntry.everywhere(wanted)));

                String at = "seed %d, %s to %s around %s: %s".formatted(seed, was, wanted, used, outcome);
                if (possible.isEmpty()) {
                    assertThat(outcome).as(at).isInstanceOf(Outcome.Waiting.class);
                    assertThat(Set.copyOf(lab.instances(0))).as(at).isEqualTo(before);
                } else {
                    assertThat(outcome).as(at).isInstanceOf(Outcome.Applied.class);
                    assertThat(lab.devices(0)).as(at).isEqualTo(wanted);
                    assertThat(ExportedConfiguration.of(lab.driver(), "x").configs())
                            .as(at)
                            .isEqualTo(Map.of("x", List.of(MigSpecEntry.everywhere(wanted))));
                    Set<GpuInstance> kept = new HashSet<>(lab.instances(0));
                    kept.retainAll(before);
                    assertThat(kept)
                            .as(at)
                            .hasSize(possible.getAsInt())
                            .containsAll(used.stream().toList());
                }
                lab.machine().endProcess(PID);
            }
        }
    }

    /** Prefers layouts with instances that can be divided, which are few. */
    private static Set<LaidInstance> oneOf(List<Set<LaidInstance>> layouts, Random random) {
        return IntStream.range(0, 1 + random.nextInt(DRAWS))
                .mapToObj(_ -> layouts.get(random.nextInt(layouts.size())))
                .max(Comparator.comparingLong(layout -> layout.stream()
                        .filter(laid -> laid.profile().gpuSlices() > 1)
                        .count()))
                .orElseThrow();
    }

    /** Drops some of the instances, and divides others anew. */
    private static Set<LaidInstance> altered(Set<GpuInstance> before, Random random) {
        Set<LaidInstance> kept = new HashSet<>();
        Set<LaidInstance> whole = new HashSet<>();
        for (GpuInstance instance : before) {
            switch (random.nextInt(3)) {
                case 0 -> whole.add(LaidInstance.of(instance.profile(), instance.placement()));
                case 1 -> kept.add(LaidInstance.of(instance));
                default -> {}
            }
        }
        kept.addAll(divided(whole, random));
        return kept;
    }

    /** Divides some of the instances, a few of them into fewer parts than they have room for. */
    private static Set<LaidInstance> divided(Set<LaidInstance> layout, Random random) {
        Set<LaidInstance> divided = new HashSet<>();
        for (LaidInstance laid : layout) {
            List<Integer> parts = new ArrayList<>();
            int free = random.nextBoolean() ? laid.profile().gpuSlices() : 0;
            while (free > 0 && (parts.isEmpty() || random.nextInt(5) > 0)) {
                int slices = 1 + random.nextInt(free);
                if (laid.profile().withComputeSlices(slices).isOfferedSize()) {
                    parts.add(slices);
                    free -= slices;
                }
            }
            divided.add(parts.isEmpty() ? laid : new LaidInstance(laid.profile(), laid.placement(), parts));
        }
        return divided;
    }

    /** How many GPU instances can stay; empty if that in use cannot. Tries whatever there is. */
    private static OptionalInt mostKept(
            List<Set<LaidInstance>> layouts,
            Set<GpuInstance> before,
            Map<MigProfile, Integer> wanted,
            Optional<GpuInstance> used) {
        int most = -1;
        for (Set<LaidInstance> layout : layouts) {
            List<LaidInstance> there = before.stream()
                    .map(LaidInstance::of)
                    .filter(laid -> layout.contains(LaidInstance.of(laid.profile(), laid.placement())))
                    .toList();
            for (int subset = 0; subset < 1 << there.size(); subset++) {
                List<LaidInstance> kept = new ArrayList<>();
                for (int i = 0; i < there.size(); i++) {
                    if ((subset >> i & 1) == 1) {
                        kept.add(there.get(i));
                    }
                }
                if (kept.size() > most
                        && used.stream().map(LaidInstance::of).allMatch(kept::contains)
                        && completes(layout, kept, wanted)) {
                    most = kept.size();
                }
            }
        }
        return most < 0 ? OptionalInt.empty() : OptionalInt.of(most);
    }

    /** Whether the devices that the kept ones lack have room in the rest of the layout. */
    private static boolean completes(
            Set<LaidInstance> layout, List<LaidInstance> kept, Map<MigProfile, Integer> wanted) {
        Map<MigProfile, Integer> lacking = new TreeMap<>(wanted);
        kept.forEach(laid -> laid.devices().forEach(device -> lacking.merge(device, -1, Integer::sum)));
        if (lacking.values().stream().anyMatch(count -> count < 0)) {
            return false;
        }
        List<MigProfile> devices = new ArrayList<>();
        lacking.forEach((device, count) -> devices.addAll(Collections.nCopies(count, device)));
        List<MigProfile> instances = new ArrayList<>();
        layout.stream()
                .filter(place ->
                        kept.stream().noneMatch(laid -> laid.placement().equals(place.placement())))
                .forEach(place -> instances.add(place.profile()));
        int[] free = instances.stream().mapToInt(MigProfile::gpuSlices).toArray();
        return haveRoom(devices.reversed(), instances, free);
    }

    private static boolean haveRoom(List<MigProfile> devices, List<MigProfile> instances, int[] free) {
        if (devices.isEmpty()) {
            return true;
        }
        MigProfile device = devices.getFirst();
        for (int i = 0; i < free.length; i++) {
            if (instances.get(i).equals(device.gpuInstance()) && free[i] >= device.computeSlices()) {
                free[i] -= device.computeSlices();
                if (haveRoom(devices.subList(1, devices.size()), instances, free)) {
                    return true;
                }
                free[i] += device.computeSlices();
            }
        }
        return false;
    }
}
