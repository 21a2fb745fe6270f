package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Boards whose MIG mode changes only with a reset, where the machine is rebooted for it. */
class RebootTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private final ProtocolRig node =
            new ProtocolRig(MachineSpec.of(Boards.A100 + ":2").withMigEnabled(false));

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void theNodeIsRebootedOnceAndGoesOnAfterwards() throws GpuException {
        node.mayReboot = true;
        node.running.add("dcgm.service");
        node.ask("all-balanced");

        node.step();
        assertThat(node.state()).contains("rebooting");
        assertThat(node.reboots).isOne();
        assertThat(node.cordoned).isTrue();
        node.stepAfter(SECOND);
        assertThat(node.reboots).isOne();

        node.bootAgain();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:2 2g.20gb:1 3g.40gb:1"));
        assertThat(node.cordoned).isFalse();
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
        assertThat(node.reboots).isOne();
    }

    @Test
    void aRebootIsRememberedWhileNobodyKnowsYetWhoseTheGpusAre() throws GpuException {
        node.mayReboot = true;
        node.ask("all-balanced");
        node.step();
        UnfinishedChange before = node.remembered;
        assertThat(before.reboot().askedIn()).isNotEmpty();
        node.bootAgain();
        node.decided = false;
        node.inUse = false;

        node.stepAfter(SECOND);
        assertThat(node.remembered).isEqualTo(before);
        assertThat(node.state()).contains("rebooting");
        node.stepAfter(LONG);

        assertThat(node.remembered.aside().isAnything()).isFalse();
        assertThat(node.remembered.reboot().askedIn()).isEqualTo(before.reboot().askedIn());
        assertThat(node.cordoned).isFalse();
        assertThat(node.state()).contains("failed");
        node.decided = true;
        node.inUse = true;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.reboots).isOne();
    }

    @Test
    void anAgentThatDiesBeforeTheMachineGoesDownAsksForTheSameReboot() throws GpuException {
        node.mayReboot = true;
        node.ask("all-balanced");
        node.step();

        node.restart();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("rebooting");
        assertThat(node.reboots).isEqualTo(2);
        node.bootAgain();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void noRebootIsAskedForBeforeTheStateSaysSo() throws GpuException {
        node.mayReboot = true;
        node.unwritable = "rebooting";
        node.ask("all-balanced");
        node.step();
        node.restart();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        assertThat(node.reboots).isZero();

        node.unwritable = "";
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("rebooting");
        assertThat(node.reboots).isOne();
        assertThat(node.progress)
                .filteredOn(note -> note.startsWith("MigConfigRebooting"))
                .hasSize(1);
    }

    @Test
    void aCordonForADrainDoesNotMeanThatARebootIsPossible() throws GpuException {
        node.refilled = true;
        node.mayReboot = true;
        node.busSilent = true;
        node.mayReset = true;
        node.occupants.add(new Occupant("pod team/train", Optional.of("train"), node.lab.gpu(0)));
        node.others.add(new Occupant("pod team/web", Optional.of("web"), ""));
        node.ask("all-balanced");
        node.step();
        assertThat(node.cordoned).isTrue();

        node.occupants.clear();
        node.mayReset = false;
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("cannot be rebooted");
        assertThat(node.asked).containsExactly("pod team/train");
    }

    @Test
    void aRebootThatDidNotHelpIsNotRepeated() throws GpuException {
        node.mayReboot = true;
        node.ask("all-balanced");
        node.step();
        node.bootAgain();
        // Somebody switched it off again meanwhile.
        node.lab.driver().modeSwitch().orElseThrow().disableMig(node.lab.gpu(0));
        node.lab.machine().resetGpu(node.lab.gpu(0));

        node.stepAfter(SECOND);
        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("did not take effect");
        for (int i = 0; i < 5; i++) {
            node.stepAfter(LONG);
        }

        assertThat(node.reboots).isOne();
        assertThat(node.cordoned).isFalse();
        node.ask("all-1g.10gb");
        node.stepAfter(SECOND);
        assertThat(node.reboots).isEqualTo(2);
    }

    @Test
    void podsThatCameBackWhileARebootWasRefusedAreNotEndedForItAgain() throws GpuException {
        node.mayReboot = true;
        node.rebootsRefused = true;
        node.ask("all-balanced");
        node.step();
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        assertThat(node.cordoned).isFalse();
        assertThat(node.lab.driver().migMode(node.lab.gpu(0))).isEqualTo(MigMode.OFF);

        node.others.add(new Occupant("pod default/web", Optional.of("web"), ""));
        node.rebootsRefused = false;
        node.stepAfter(LONG);
        node.step();

        assertThat(node.reboots).isZero();
        assertThat(node.cordoned).isFalse();
        assertThat(node.asked).isEmpty();
        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("did not reboot when asked to", "reboot it");
        node.others.clear();
        node.stepAfter(LONG);
        node.step();
        assertThat(node.reboots).isOne();
        assertThat(node.state()).contains("rebooting");
        node.bootAgain();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.reboots).isOne();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLayoutTakenApartForARebootThatDoesNotComeIsBack(boolean agentDies) throws GpuException {
        node.mayReset = true;
        node.ask("all-balanced");
        node.step();
        node.mayReset = false;
        node.mayReboot = true;
        node.rebootsRefused = true;
        node.ask("all-disabled");
        node.stepAfter(SECOND);
        assertThat(node.lab.layout(1)).isEmpty();
        if (agentDies) {
            node.restart();
            node.stepAfter(SECOND);
        }

        node.stepAfter(LONG);

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("the former layout is restored");
        assertThat(node.cordoned).isFalse();
        for (int gpu = 0; gpu < 2; gpu++) {
            assertThat(node.lab.devices(gpu)).isEqualTo(Boards.counts("1g.10gb:2 2g.20gb:1 3g.40gb:1"));
            assertThat(node.lab.driver().migMode(node.lab.gpu(gpu))).isEqualTo(MigMode.ON);
        }
        node.rebootsRefused = false;
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("rebooting");
        node.bootAgain();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void whoNoLongerWantsItHasTheLayoutBackThatWasTakenApartForTheReboot() throws GpuException {
        node.cutAndAskToSwitchOff("all-disabled");

        node.labels.remove(MigConfigLabels.CONFIG);
        node.stepAfter(SECOND);

        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:2 2g.20gb:1 3g.40gb:1"));
        assertThat(node.lab.driver().migMode(node.lab.gpu(1))).isEqualTo(MigMode.ON);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void nobodyIsDisturbedForARebootThatCannotBeAskedFor() {
        node.mayReboot = true;
        node.busSilent = true;
        node.others.add(new Occupant("pod default/web", Optional.of("web"), ""));
        node.ask("all-balanced");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("the node cannot be rebooted: no bus");
        assertThat(node.asked).isEmpty();
        assertThat(node.cordoned).isFalse();
        assertThat(node.writes).noneSatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));
    }

    @Test
    void noPodIsEndedByARebootUnasked() throws GpuException {
        node.mayReboot = true;
        node.others.add(new Occupant("pod default/web", Optional.of("web"), ""));
        node.ask("all-balanced");

        node.step();
        assertThat(node.state()).contains("pending");
        assertThat(node.cordoned).isTrue();
        assertThat(node.asked).containsExactly("pod default/web");
        assertThat(node.reboots).isZero();

        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        assertThat(node.cordoned).isFalse();
        assertThat(node.lab.driver().migMode(node.lab.gpu(0)).pending()).isFalse();
    }

    @Test
    void aLayoutIsLeftForTheRebootThatSwitchesItOff() throws GpuException {
        node.cutAndAskToSwitchOff("all-disabled");
        node.bootAgain();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.driver().migMode(node.lab.gpu(0)).enabled()).isFalse();
    }

    @Test
    void aLaterValueTakesBackWhatWasPreparedForAReboot() throws GpuException {
        node.mayReboot = true;
        node.ask("all-balanced");
        node.step();
        assertThat(node.state()).contains("rebooting");

        node.ask("all-disabled");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.reboots).isOne();
        assertThat(node.cordoned).isFalse();
        assertThat(node.lab.driver().migMode(node.lab.gpu(0))).isEqualTo(MigMode.OFF);

        node.ask("all-balanced");
        node.stepAfter(SECOND);
        node.bootAgain();
        node.stepAfter(SECOND);
        node.ask("all-disabled");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("rebooting");
        node.ask("all-1g.10gb");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.driver().migMode(node.lab.gpu(0))).isEqualTo(MigMode.ON);
    }
}
