package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reboots that are asked for and do not come, or cannot be asked for: whom they disturb, and what helps then. */
class RebootInVainTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final Occupant WEB = new Occupant("pod default/web", Optional.of("web"), "");

    private final ProtocolRig node =
            new ProtocolRig(MachineSpec.of(Boards.A100 + ":2").withMigEnabled(false));

    @AfterEach
    void close() {
        node.close();
    }

    private void askInVain(String config) {
        node.mayReboot = true;
        node.rebootsRefused = true;
        node.ask(config);
        node.stepAfter(SECOND);
        assertThat(node.told).last().asString().contains("logind refuses");
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
    }

    /** Next attempt, begun and carried on. */
    private void retry() {
        node.stepAfter(LONG);
        node.step();
    }

    @Test
    void aRebootByHandAfterOneThatDidNotComeHelps() throws GpuException {
        askInVain("all-balanced");
        node.others.add(WEB);
        retry();
        assertThat(node.told).last().asString().contains("reboot it");
        node.others.clear();
        node.rebootsRefused = false;

        node.bootAgain();
        retry();

        assertThat(node.state()).contains("rebooting");
        assertThat(node.reboots).isOne();
        node.bootAgain();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void whoHasADeviceIsNotEvictedForARebootThatIsNotAllowedOrCannotBeAskedFor() throws GpuException {
        node.occupants.add(new Occupant("pod default/train", Optional.of("train"), node.lab.gpu(0)));
        node.ask("all-balanced");
        node.step();
        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("reboot the node");

        node.mayReboot = true;
        node.busSilent = true;
        retry();

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("the node cannot be rebooted: no bus");
        assertThat(node.asked).isEmpty();
        node.busSilent = false;
        retry();
        assertThat(node.asked).contains("pod default/train");
        node.busSilent = true;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        node.occupants.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("rebooting");
    }

    @Test
    void whoCameBackToAGpuIsNotEvictedForTheSameRebootAgain() throws GpuException {
        askInVain("all-balanced");
        node.occupants.add(new Occupant("pod default/train", Optional.of("train"), node.lab.gpu(0)));

        retry();

        assertThat(node.asked).isEmpty();
        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("did not reboot when asked to");
    }

    @Test
    void podsOfThePoolAreNotAskedToLeaveForARebootThatCannotBeAskedFor() throws GpuException {
        node.mayReboot = true;
        node.busSilent = true;
        node.awaited.add(new Occupant("pod default/pool", Optional.of("pool"), node.lab.gpu(0)));
        node.ask("all-balanced");

        node.step();

        assertThat(node.asked).isEmpty();
        assertThat(node.state()).contains("failed");
    }

    @Test
    void aTryOfAResetIsNotTakenForARebootUnderWay() throws GpuException {
        askInVain("all-balanced");
        node.others.add(WEB);
        node.mayReset = true;
        for (int gpu = 0; gpu < 2; gpu++) {
            node.lab.fail(gpu, "reset", SimulatedFault.Effect.REFUSED, 9);
        }
        node.busSilent = true;
        node.restart();

        retry();

        assertThat(node.asked).isEmpty();
        assertThat(node.cordoned).isFalse();
        assertThat(node.state()).contains("failed");
    }

    @Test
    void aBusThatIsAwayForAMomentEndsNoAttempt() {
        node.mayReboot = true;
        node.others.add(WEB);
        node.pods.add("dcgm-exporter-x");
        node.ask("all-balanced");
        node.step();
        assertThat(node.state()).contains("pending");

        node.busSilent = true;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        node.pods.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        node.others.clear();
        node.busSilent = false;
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("rebooting");
        assertThat(node.told).noneMatch(event -> event.startsWith("MigConfigFailed"));
    }

    @Test
    void aReadingThatFailsInAnUnforeseenWayLeavesNobodyOutside() throws GpuException {
        node.cutAndAskToSwitchOff("all-disabled");
        node.kubeletBroken = true;

        node.stepAfter(SECOND);

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.cordoned).isFalse();
        node.kubeletBroken = false;
        node.labels.remove(MigConfigLabels.CONFIG);
        node.stepAfter(LONG);
        assertCutAndOn(1);
    }

    @Test
    void aRebootIsToldOnceHoweverOftenItIsAskedFor() {
        node.mayReboot = true;
        node.ask("all-balanced");
        node.step();
        int writes = node.writes.size();

        node.restart();
        node.stepAfter(SECOND);

        assertThat(node.reboots).isEqualTo(2);
        assertThat(node.progress).hasSize(1);
        assertThat(node.writes).hasSize(writes);
    }

    @Test
    void whatIsNotBackYetIsBroughtBackLaterThoughNobodyWantsItAnyMore() throws GpuException {
        node.cutAndAskToSwitchOff("all-disabled");
        node.labels.remove(MigConfigLabels.CONFIG);
        node.kubeletSilent = true;
        node.stepAfter(SECOND);
        assertThat(node.lab.layout(1)).isEmpty();

        node.kubeletSilent = false;
        node.stepAfter(LONG);

        assertCutAndOn(0);
        assertCutAndOn(1);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void aLaterValueThatSaysNothingOfAGpuLeavesItAsItWasBeforeTheRebootWasPrepared() throws Exception {
        node.cutAndAskToSwitchOff("all-disabled");
        node.custom = MigSpecReader.read("config.yaml", """
                version: v1
                mig-configs:
                  first:
                    - devices: [0]
                      mig-enabled: true
                      mig-devices: {"1g.10gb": 7}
                """);
        node.ask("first");

        node.stepAfter(SECOND);
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertCutAndOn(1);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void clientsStepAsideForARebootOnlyWhenThePodsOfTheNodeHaveGone() {
        node.mayReboot = true;
        node.running.add("dcgm.service");
        node.others.add(WEB);
        node.ask("all-balanced");

        node.step();
        node.stepAfter(SECOND);
        assertThat(node.cordoned).isTrue();
        assertClientsRun();
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        retry();
        assertThat(node.state()).contains("pending");
        assertClientsRun();
        assertThat(node.writes).noneSatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));

        node.others.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("rebooting");
        assertThat(node.dcgm()).isEqualTo("paused-for-mig-change");
        assertThat(node.running).isEmpty();
    }

    @Test
    void clientsComeBackWhileAPodThatCameLateIsWaitedFor() {
        node.mayReboot = true;
        node.running.add("dcgm.service");
        node.ask("all-balanced");
        node.step();
        assertThat(node.state()).contains("rebooting");

        node.others.add(WEB);
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("pending");
        assertThat(node.cordoned).isTrue();
        assertClientsRun();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");

        node.others.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("rebooting");
    }

    private void assertClientsRun() {
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
    }

    private void assertCutAndOn(int gpu) throws GpuException {
        assertThat(node.lab.devices(gpu)).isEqualTo(Boards.counts("1g.10gb:2 2g.20gb:1 3g.40gb:1"));
        assertThat(node.lab.driver().migMode(node.lab.gpu(gpu))).isEqualTo(MigMode.ON);
    }
}
