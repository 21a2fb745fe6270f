package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MigConfigProtocolTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final String PAUSED = "paused-for-mig-change";
    private final ProtocolRig node = new ProtocolRig(Boards.A100 + ":2");

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void aLabelIsFollowedWithItsClientsPausedMeanwhile() throws GpuException {
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.writes)
                .containsExactly(
                        Map.of(ProtocolRig.DCGM, PAUSED, MigConfigLabels.STATE, "pending"),
                        Map.of(ProtocolRig.DCGM, "true", MigConfigLabels.STATE, "success"));
        assertThat(node.progress).singleElement().asString().contains("MigConfigApplied", node.lab.gpu(0));
        assertThat(node.told).isEmpty();
        assertThat(node.checks).as("the node is checked again").isEqualTo(1);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void aGpuThatComesRightAfterASuccessIsCutAtOnceAndLetInOnlyThen() throws GpuException {
        String late = node.lab.gpu(1);
        node.ofThePool.add(late);
        node.ask("all-1g.10gb");
        node.step();
        assertThat(node.openGpus).containsExactly(node.lab.gpu(0));

        node.ofThePool.remove(late);
        node.pods.add("dcgm-x7k2p");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        assertThat(node.openGpus).doesNotContain(late);

        node.pods.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.openGpus).containsExactlyInAnyOrder(node.lab.gpu(0), late);
    }

    @Test
    void aGpuThatComesAfterAFailureDoesNotWaitForTheNextRetry() throws GpuException {
        String late = node.lab.gpu(1);
        node.ofThePool.add(late);
        node.ask("all-9g.90gb");
        node.step();

        node.ofThePool.remove(late);
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("failed");
        assertThat(node.openGpus).contains(late);
    }

    @Test
    void anUnknownValueFailsAndNamesTheKnownOnes() {
        node.ask("all-9g.90gb");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.told).singleElement().asString().contains("all-9g.90gb", "all-balanced");
    }

    @Test
    void newPodsAreKeptOffFromTheStartAndWhileAChangeIsUnderWay() throws GpuException {
        node.mayReset = true;
        assertThat(node.keptOff).isTrue();
        node.step();
        assertThat(node.keptOff).as("without a label").isFalse();

        node.occupants.add(new Occupant("pod team/train", Optional.of("train"), node.lab.gpu(0)));
        node.ask("all-disabled");
        node.step();
        assertThat(node.keptOff).as("while it waits").isTrue();
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        assertThat(node.keptOff).as("between two attempts").isFalse();

        node.occupants.clear();
        node.stepAfter(LONG);
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.keptOff).as("when it is done").isFalse();
    }

    @Test
    void aLabelThatIsTakenAwayLetsPodsComeAgain() {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");
        node.step();
        assertThat(node.keptOff).isTrue();

        node.ask("");
        node.stepAfter(SECOND);

        assertThat(node.keptOff).isFalse();
    }

    @Test
    void usersOfInstancesAreWaitedForAndNeverEnded() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        node.lab.use(0, "1g.10gb@3:1", 4711);

        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        assertThat(node.told).singleElement().asString().contains("4711");

        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.lab.driver().processes(node.lab.gpu(0))).hasSize(1);
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
    }

    @Test
    void aFailureIsTriedAgainAfterAGrowingPause() throws GpuException {
        node.lab
                .machine()
                .inject(
                        node.lab.gpu(0),
                        new SimulatedFault(
                                "createGpuInstance", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 2, 0));
        node.ask("all-7g.80gb");

        Duration first = node.step();
        assertThat(node.state()).contains("failed");
        assertThat(node.stepAfter(first)).isZero();
        Duration second = node.step();
        assertThat(second).isGreaterThan(first);
        node.stepAfter(second);
        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.told).allMatch(note -> note.contains("the former layout is restored"));
    }

    @Test
    void aLaterValueReplacesOneThatWaits() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        node.lab.use(0, "1g.10gb@3:1", 4711);
        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);

        node.ask("all-1g.10gb");
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void aFailureThatCannotBeToldIsToldLater() {
        node.ask("all-9g.90gb");
        node.reachable = false;
        node.step();
        assertThat(node.state()).isEmpty();
        assertThat(node.told).last().asString().startsWith("MigConfigDelayed: ").contains("API server");

        node.reachable = true;
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("failed");
    }

    private static Occupant pod(String name, String device) {
        return new Occupant("pod default/" + name, Optional.of(name), device);
    }

    @Test
    void aPodThatHasADeviceIsAskedToLeaveBeforeAnybodyStepsAside() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        node.occupants.add(pod("train", node.lab.uuidAt(0, "1g.10gb@3:1")));

        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("pending");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.asked).containsExactly("pod default/train");
        assertThat(node.told).singleElement().asString().contains("pod default/train", "1g.10gb at 3:1");
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));

        node.occupants.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void aPodOnAnInstanceThatStaysIsLeftAlone() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        String kept = node.lab.uuidAt(0, "1g.10gb@0:1");
        node.occupants.add(pod("train", kept));

        node.ask("all-balanced");
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.asked).isEmpty();
        assertThat(node.lab.uuids(0)).containsValue(kept);
    }

    @Test
    void nothingIsCutWhileTheGpusAreThePools() throws GpuException {
        node.awaited.add(pod("old", node.lab.gpu(0)));
        node.ask("all-7g.80gb");

        node.step();
        assertThat(node.state()).contains("pending");
        assertThat(node.lab.layout(1)).isEmpty();
        assertThat(node.told).singleElement().asString().contains("pod default/old");

        node.awaited.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void withoutGpusTheLabelIsSomebodyElses() {
        node.inUse = false;
        node.labels.put(ProtocolRig.DCGM, PAUSED);
        node.labels.put(MigConfigLabels.STATE, "pending");
        node.ask("all-7g.80gb");

        node.step();
        node.step();

        assertThat(node.writes).isEmpty();
        assertThat(node.told).singleElement().asString().contains("MigConfigIgnored", "labeldriven");
    }

    @Test
    void theLabelThatTheOperatorSetsByDefaultIsIgnoredInSilence() {
        node.inUse = false;
        node.ask("all-disabled");

        node.step();

        assertThat(node.writes).isEmpty();
        assertThat(node.told).isEmpty();
    }

    @Test
    void aConfigurationThatIsEditedIsFollowedAtOnce() throws Exception {
        node.custom = MigSpecReader.read(
                "config.yaml",
                "{version: v1, mig-configs: {a: [{devices: all, mig-enabled: true, mig-devices: {9g.90gb: 1}}]}}");
        node.ask("a");
        node.step();
        assertThat(node.state()).contains("failed");

        node.custom = MigSpecReader.read(
                "config.yaml",
                "{version: v1, mig-configs: {a: [{devices: all, mig-enabled: true, mig-devices: {7g.80gb: 1}}]}}");
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.layout(0)).containsExactly("7g.80gb@0:8");
    }

    @Test
    void aLayoutThatSomebodyDestroysIsMadeAgain() throws GpuException {
        node.ask("all-7g.80gb");
        node.step();
        node.lab.machine().resetGpu(node.lab.gpu(0));

        node.stepAfter(LONG);

        assertThat(node.lab.layout(0)).containsExactly("7g.80gb@0:8");
    }
}
