package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeometryPropertyTest {

    /** What a driver does after it has answered, it does between the steps. */
    private static final Set<SimulatedFault.Effect> ANSWERED_LAST =
            EnumSet.complementOf(EnumSet.of(SimulatedFault.Effect.FAILED_AND_DONE_LATE));

    private static final Set<String> REV_1 = Set.of("1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb");
    private static final List<String> CALLS = List.of(
            "createGpuInstance",
            "createComputeInstance",
            "destroyComputeInstance",
            "destroyGpuInstance",
            "instances",
            "migMode",
            "processes",
            "engines");
    private static final List<String> MODE_CALLS = List.of("enableMig", "disableMig", "reset");
    private static final int A100_LAYOUTS = 19;

    @Test
    void everyMaximalLayoutOfAnA100IsAppliedAndExportedBack() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            Set<Set<LaidInstance>> layouts = maximal(lab.driver().gpus().getFirst());
            assertThat(layouts).hasSize(A100_LAYOUTS);

            for (Set<LaidInstance> layout : layouts) {
                LayoutSnapshot places =
                        new LayoutSnapshot(List.of(new LayoutSnapshot.Gpu(lab.gpu(0), true, List.copyOf(layout))));

                assertThat(lab.geometry().apply(new Target.Places(places), List.of()))
                        .isInstanceOf(Outcome.Applied.class);
                assertThat(lab.instances(0).stream().map(LaidInstance::of)).containsExactlyInAnyOrderElementsOf(layout);
                assertThat(ExportedConfiguration.of(lab.driver(), "x").configs())
                        .isEqualTo(Map.of("x", List.of(MigSpecEntry.everywhere(devicesOf(layout)))));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb:4 3g.40gb:1, 2g.20gb:2 1g.10gb:2",
        "2c.3g.40gb:1 1c.3g.40gb:1 1g.10gb:2, 1c.4g.40gb:4 1c.3g.40gb:3",
        "1c.4g.40gb:3, 4g.40gb:1 1c.2g.20gb:2",
    })
    void aFaultAtAnyStepEndsInTheOldOrTheNewLayout(String from, String to) throws GpuException {
        int failed = 0;
        for (String call : CALLS) {
            for (SimulatedFault.Effect effect : ANSWERED_LAST) {
                for (int spared = 0; spared < 8; spared++) {
                    try (Lab lab = Lab.of(Boards.A100 + ":2")) {
                        lab.apply(from);
                        List<TreeSet<String>> old = List.of(lab.layout(0), lab.layout(1));
                        String faulty = lab.gpu(1);
                        if (spared > 0) {
                            lab.machine()
                                    .inject(
                                            faulty,
                                            new SimulatedFault(
                                                    call,
                                                    SimulatedFault.Effect.DONE_LATE,
                                                    GpuErrorCode.TIMEOUT,
                                                    spared,
                                                    0));
                        }
                        lab.machine().inject(faulty, new SimulatedFault(call, effect, GpuErrorCode.TIMEOUT, 1, 0));

                        Outcome outcome = attempt(lab.geometry(), Lab.target(to));

                        String at = "%s of %s after %d".formatted(effect, call, spared);
                        switch (outcome) {
                            case Outcome.Applied _ ->
                                assertThat(List.of(lab.devices(0), lab.devices(1)))
                                        .as(at)
                                        .containsOnly(Boards.counts(to));
                            case Outcome.Failed(String _, boolean restored) -> {
                                failed++;
                                assertThat(restored).as(at).isTrue();
                                assertThat(List.of(lab.layout(0), lab.layout(1)))
                                        .as(at)
                                        .isEqualTo(old);
                            }
                            case Outcome.Held held -> throw new AssertionError(at + ": " + held);
                            case Outcome.Waiting waiting -> throw new AssertionError(at + ": " + waiting);
                            case Outcome.NeedsReset reset -> throw new AssertionError(at + ": " + reset);
                            case Outcome.Refused refused -> throw new AssertionError(at + ": " + refused);
                        }
                        finish(lab.geometry(), Lab.target(to), at);
                    }
                }
            }
        }
        assertThat(failed).as("faults that hit a step").isGreaterThan(10);
    }

    /** A GPU that cannot be read before anything is done is as it was. */
    private static Outcome attempt(Geometry geometry, Target target) {
        try {
            return geometry.apply(target, List.of());
        } catch (GpuException e) {
            return new Outcome.Failed(String.valueOf(e.getMessage()), true);
        }
    }

    /** A fault that has not hit so far may hit now. */
    private static void finish(Geometry geometry, Target target, String at) {
        Outcome outcome = attempt(geometry, target);
        if (!(outcome instanceof Outcome.Applied)) {
            outcome = attempt(geometry, target);
        }
        assertThat(outcome).as(at).isInstanceOf(Outcome.Applied.class);
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-80GB, true",
        "NVIDIA A100-SXM4-80GB, false",
        "NVIDIA H100 80GB HBM3, true",
        "NVIDIA H100 80GB HBM3, false"
    })
    void aFaultAtAnyStepOfASwitchOfModeEndsInTheOldOrTheNewOne(String board, boolean on) throws GpuException {
        Target layout = Lab.target("3g.40gb:2");
        Target wanted = on ? layout : new Target.Layout(List.of(MigSpecEntry.disabled()));
        Set<String> hit = new TreeSet<>();
        for (String call : Stream.concat(CALLS.stream(), MODE_CALLS.stream()).toList()) {
            for (SimulatedFault.Effect effect : ANSWERED_LAST) {
                try (Lab lab =
                        Lab.of(MachineSpec.of(board + ":2").withMigEnabled(!on).withSeed(3))) {
                    Geometry resetting = new Geometry(lab.driver(), _ -> true, _ -> true, () -> true);
                    if (!on) {
                        assertThat(resetting.apply(layout, List.of())).isInstanceOf(Outcome.Applied.class);
                    }
                    List<String> old = modesAndLayouts(lab);
                    lab.machine().inject(lab.gpu(1), new SimulatedFault(call, effect, GpuErrorCode.TIMEOUT, 1, 0));

                    Outcome outcome = attempt(resetting, wanted);

                    String at = "%s of %s: %s".formatted(effect, call, outcome);
                    switch (outcome) {
                        case Outcome.Applied _ ->
                            assertThat(resetting.isApplied(wanted)).as(at).isTrue();
                        case Outcome.Failed(String _, boolean restored) -> {
                            hit.add(call);
                            assertThat(restored).as(at).isTrue();
                            assertThat(modesAndLayouts(lab)).as(at).isEqualTo(old);
                        }
                        case Outcome.NeedsReset _ -> {
                            hit.add(call);
                            assertThat(modesAndLayouts(lab)).as(at).isEqualTo(old);
                        }
                        case Outcome.Held held -> throw new AssertionError(at + ": " + held);
                        case Outcome.Waiting waiting -> throw new AssertionError(at + ": " + waiting);
                        case Outcome.Refused refused -> throw new AssertionError(at + ": " + refused);
                    }
                    finish(resetting, wanted, at);
                    assertThat(resetting.isApplied(wanted)).as(at).isTrue();
                }
            }
        }
        assertThat(hit).contains(on ? "enableMig" : "disableMig");
    }

    /** A wish for MIG mode that only a reset fulfils stays: the reset is what the change waits for. */
    private static List<String> modesAndLayouts(Lab lab) throws GpuException {
        List<String> found = new ArrayList<>();
        for (int gpu = 0; gpu < 2; gpu++) {
            MigMode mode = lab.machine().snapshot().gpus().get(gpu).migMode();
            found.add("%s %s %s".formatted(mode.enabled(), mode.enabled() && !mode.pending(), lab.layout(gpu)));
        }
        return found;
    }

    static Map<MigProfile, Integer> devicesOf(Set<LaidInstance> layout) {
        Map<MigProfile, Integer> counts = new TreeMap<>();
        layout.forEach(laid -> laid.devices().forEach(device -> counts.merge(device, 1, Integer::sum)));
        return counts;
    }

    /** Every legal layout of plain profiles, the empty one among them. */
    static Set<Set<LaidInstance>> all(GpuDescription gpu) {
        List<ProfileCapability> plain =
                gpu.profiles().stream().filter(p -> p.profile().isPlain()).toList();
        Set<Set<LaidInstance>> found = new HashSet<>();
        grow(plain, new ArrayList<>(), UnitMask.EMPTY, found);
        return found;
    }

    private static Set<Set<LaidInstance>> maximal(GpuDescription gpu) {
        List<ProfileCapability> first = gpu.profiles().stream()
                .filter(p -> REV_1.contains(p.profile().toString()))
                .toList();
        Set<Set<LaidInstance>> found = new HashSet<>();
        grow(first, new ArrayList<>(), UnitMask.EMPTY, found);
        found.removeIf(layout -> first.stream().anyMatch(capability -> capability.placements().stream()
                .anyMatch(place -> fits(capability, place, List.copyOf(layout)))));
        return found;
    }

    private static boolean fits(ProfileCapability capability, Placement place, List<LaidInstance> layout) {
        return layout.stream().noneMatch(laid -> laid.placement().overlaps(place))
                && layout.stream()
                                .filter(laid -> laid.profile().equals(capability.profile()))
                                .count()
                        < capability.maxInstances();
    }

    private static void grow(
            List<ProfileCapability> offered, List<LaidInstance> layout, UnitMask taken, Set<Set<LaidInstance>> found) {
        if (!found.add(Set.copyOf(layout))) {
            return;
        }
        for (ProfileCapability capability : offered) {
            for (Placement place : capability.placements()) {
                if (fits(capability, place, layout)) {
                    layout.add(LaidInstance.of(capability.profile(), place));
                    grow(offered, layout, taken.union(place.mask()), found);
                    layout.removeLast();
                }
            }
        }
    }
}
