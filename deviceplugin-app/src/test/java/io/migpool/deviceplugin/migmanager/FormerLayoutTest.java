package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.Lab;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The way back from a change that comes to no good end: after a crash, a roll-back that failed, a GPU that has gone.
 */
class FormerLayoutTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    /** Calls that leave everything as it is. */
    private static final Set<String> READING =
            Set.of("gpus", "migMode", "instances", "processes", "engines", "features", "bootId", "modeSwitch");

    private static final MigSpec LAYOUTS = new MigSpec(Map.of(
            "all-disabled", List.of(MigSpecEntry.disabled()),
            "all-1g.10gb", Lab.everywhere("1g.10gb:7"),
            "all-3g.40gb", Lab.everywhere("3g.40gb:2"),
            "in-parts", Lab.everywhere("1c.4g.40gb:4 1c.3g.40gb:3")));

    /** What is when the agent comes back. */
    enum Afterwards {
        THE_SAME_LABEL,
        NO_LABEL,
        AN_IMPOSSIBLE_ONE,
        A_STEP_THAT_FAILS
    }

    /** A driver whose process dies before one of its changes; nothing reaches the GPUs from then on. */
    private static final class MortalDriver extends ForwardingDriver {

        private final Runnable last;
        private int changesLeft;
        private boolean dead;

        MortalDriver(GpuDriver whole, int changes, Runnable last) {
            super(whole);
            this.changesLeft = changes;
            this.last = last;
        }

        @Override
        protected GpuDriver whole(String call) {
            boolean changes = !READING.contains(call);
            if (!dead && changes && changesLeft == 0) {
                dead = true;
                last.run();
            }
            if (dead) {
                throw new IllegalStateException("the agent is dead");
            }
            changesLeft -= changes ? 1 : 0;
            return super.whole(call);
        }

        @Override
        public Optional<MigModeSwitch> modeSwitch() {
            return super.modeSwitch().map(_ -> new MigModeSwitch() {
                @Override
                public MigMode disableMig(String gpuUuid) throws GpuException {
                    return whole("disableMig").modeSwitch().orElseThrow().disableMig(gpuUuid);
                }

                @Override
                public boolean canReset(String gpuUuid) {
                    return false;
                }

                @Override
                public MigMode reset(String gpuUuid) throws GpuException {
                    return whole("reset").modeSwitch().orElseThrow().reset(gpuUuid);
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAgentThatDiesAtAnyStepEndsInTheOldOrTheNewLayout(Afterwards afterwards) throws GpuException {
        for (String way : List.of(
                "all-1g.10gb all-3g.40gb",
                "all-1g.10gb all-disabled",
                "all-1g.10gb in-parts",
                "in-parts all-3g.40gb")) {
            String former = way.split(" ", -1)[0];
            String wanted = way.split(" ", -1)[1];
            List<Boolean> isOld = new ArrayList<>();
            Optional<Boolean> next = diesAndEndsWell(former, wanted, 0, afterwards);
            while (next.isPresent()) {
                isOld.add(next.get());
                next = diesAndEndsWell(former, wanted, isOld.size(), afterwards);
            }
            assertThat(isOld).as("steps of " + wanted).hasSizeGreaterThan(10);
            switch (afterwards) {
                case THE_SAME_LABEL -> assertThat(isOld).doesNotContain(true);
                case NO_LABEL, AN_IMPOSSIBLE_ONE -> assertThat(isOld).doesNotContain(false);
                case A_STEP_THAT_FAILS ->
                    assertThat(isOld).as("roll-backs of " + wanted).contains(true);
            }
        }
    }

    /** Whether the old layout is there again in the end; empty if the change was over before. */
    private static Optional<Boolean> diesAndEndsWell(String former, String wanted, int changes, Afterwards afterwards)
            throws GpuException {
        try (ProtocolRig node = new ProtocolRig(Boards.H100)) {
            node.custom = LAYOUTS;
            node.running.add("dcgm.service");
            node.ask(former);
            node.step();
            assertThat(node.state()).contains("success");
            Map<String, String> old = new TreeMap<>(places(node));
            List<LeftBehind> left = new ArrayList<>();
            node.driver = new MortalDriver(node.lab.driver(), changes, () -> left.add(LeftBehind.of(node)));
            node.restart();
            node.ask(wanted);
            node.stepAfter(SECOND);
            if (left.isEmpty()) {
                assertThat(node.state()).contains("success");
                return Optional.empty();
            }
            left.getFirst().putBack(node);
            node.driver = node.lab.driver();
            node.restart();

            String at = "%s to %s, dead before change %d, then %s".formatted(former, wanted, changes, afterwards);
            boolean isOld = comesBack(node, wanted, afterwards);

            if (isOld) {
                assertThat(places(node)).as(at).isEqualTo(old);
            } else {
                assertThat(node.state()).as(at).contains("success");
                assertThat(node.lab.devices(0))
                        .as(at)
                        .isEqualTo(LAYOUTS.configs()
                                .getOrDefault(wanted, List.of())
                                .getFirst()
                                .migDevices());
            }
            assertThat(node.dcgm()).as(at).isEqualTo("true");
            assertThat(node.running).as(at).containsExactly("dcgm.service");
            assertThat(node.remembered.layoutBefore()).as(at).isEmpty();
            return Optional.of(isOld);
        }
    }

    /** Whether the old layout is to be there again. */
    private static boolean comesBack(ProtocolRig node, String wanted, Afterwards afterwards) throws GpuException {
        switch (afterwards) {
            case THE_SAME_LABEL -> {}
            case NO_LABEL -> node.labels.remove(MigConfigLabels.CONFIG);
            case AN_IMPOSSIBLE_ONE -> node.ask("all-9g.90gb");
            case A_STEP_THAT_FAILS -> {
                String call = wanted.equals("all-disabled") ? "disableMig" : "createGpuInstance";
                node.lab.fail(0, call, SimulatedFault.Effect.REFUSED, 1);
            }
        }
        node.stepAfter(SECOND);
        return switch (afterwards) {
            case THE_SAME_LABEL -> false;
            case NO_LABEL -> true;
            case AN_IMPOSSIBLE_ONE -> {
                assertThat(node.state()).contains("failed");
                yield true;
            }
            // It may have died with that step behind it.
            case A_STEP_THAT_FAILS -> node.state().equals(Optional.of("failed"));
        };
    }

    /** MIG mode, and instances by their places. */
    private static Map<String, String> places(ProtocolRig node) throws GpuException {
        Map<String, String> places = new TreeMap<>();
        for (int gpu = 0; gpu < node.lab.driver().gpus().size(); gpu++) {
            String uuid = node.lab.gpu(gpu);
            places.put(uuid, node.lab.driver().migMode(uuid) + " " + node.lab.layout(gpu));
        }
        return places;
    }

    @Test
    void aRollBackThatFailedIsMadeUpForAndNotTakenForTheFormerLayout() throws GpuException {
        try (ProtocolRig node = new ProtocolRig(Boards.H100)) {
            node.ask("all-1g.10gb");
            node.step();
            Map<String, String> old = places(node);
            // The step, three tries of its roll-back, and one more to go back; then the step and the way back of the
            // next attempt.
            node.lab.fail(0, "createGpuInstance", SimulatedFault.Effect.REFUSED, 7);
            node.ask("all-3g.40gb");
            node.stepAfter(SECOND);
            assertThat(node.state()).contains("failed");
            assertThat(node.told).last().asString().contains("the former layout is not restored");

            node.stepAfter(LONG);
            node.step();
            assertThat(node.told).last().asString().contains("the former layout is not restored");

            node.labels.remove(MigConfigLabels.CONFIG);
            node.stepAfter(SECOND);
            assertThat(places(node)).isEqualTo(old);
            assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
        }
    }

    @Test
    void partsThatSomebodyMadeStayOnAGpuThatWasNotReached() throws GpuException {
        try (ProtocolRig node = new ProtocolRig(Boards.H100 + ":2")) {
            node.lab
                    .machine()
                    .createForeignInstance(node.lab.gpu(1), MigProfile.parse("3g.40gb"), new Placement(0, 4), 1, 2);
            Map<String, String> old = node.lab.uuids(1);
            node.lab.fail(0, "createGpuInstance", SimulatedFault.Effect.REFUSED, 1);
            node.ask("all-7g.80gb");

            node.step();

            assertThat(node.state()).contains("failed");
            assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("2c.3g.40gb:1 1c.3g.40gb:1"));
            assertThat(node.lab.uuids(1)).isEqualTo(old);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"it is the pool's", "it is lost", "it does not answer"})
    void oneGpuThatCannotGoBackKeepsNoOtherFromIt(String what) throws GpuException {
        try (ProtocolRig node =
                new ProtocolRig(MachineSpec.of(Boards.A100 + ":2").withMigEnabled(false))) {
            node.mayReset = true;
            node.ask("all-1g.10gb");
            node.step();
            String first = node.lab.gpu(0);
            String second = node.lab.gpu(1);
            Set<String> old = node.lab.layout(0);
            node.mayReset = false;
            node.mayReboot = true;
            node.ask("all-disabled");
            node.stepAfter(SECOND);
            assertThat(node.state()).contains("rebooting");

            switch (what) {
                case "it is the pool's" -> node.ofThePool.add(second);
                case "it is lost" -> node.lab.machine().loseGpu(second);
                default -> node.lab.fail(1, "migMode", SimulatedFault.Effect.REFUSED, 1);
            }
            node.labels.remove(MigConfigLabels.CONFIG);
            node.stepAfter(SECOND);

            assertThat(node.lab.driver().migMode(first)).isEqualTo(MigMode.ON);
            assertThat(node.lab.layout(0)).isEqualTo(old);
            if (what.equals("it is lost")) {
                node.bootAgain();
            }
            node.stepAfter(SECOND);
            assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
        }
    }
}
