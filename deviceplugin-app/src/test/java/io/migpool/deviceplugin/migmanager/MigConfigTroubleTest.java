package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is around the protocol does not answer, or changes in the middle of a change. */
class MigConfigTroubleTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);

    private final ProtocolRig node = new ProtocolRig(Boards.A100 + ":2");

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void theSuccessOfAnOlderValueDoesNotStandForANewOne() throws GpuException {
        node.ask("all-enabled");
        node.step();
        assertThat(node.state()).contains("success");

        node.configurationsUnreadable = true;
        node.ask("all-1g.10gb");
        node.stepAfter(SECOND);
        assertThat(node.told).last().asString().startsWith("MigConfigDelayed: ").contains("the ConfigMap");
        node.stepAfter(Duration.ofSeconds(40));
        assertThat(node.state()).contains("pending");
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("the ConfigMap cannot be read");
        assertThat(node.keptOff).isFalse();

        node.configurationsUnreadable = false;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(1)).isEqualTo(Boards.counts("1g.10gb:7"));
    }

    @Test
    void nobodyIsAskedToLeaveWhileOthersWouldGetTheDevices() throws GpuException {
        node.refilled = true;
        node.ask("all-1g.10gb");
        node.step();
        node.occupants.add(new Occupant(
                "pod team/llm",
                Optional.of("uid"),
                node.lab.uuids(0).values().iterator().next()));

        node.ask("all-3g.40gb");
        node.stepAfter(SECOND);
        assertThat(node.asked).contains("pod team/llm");
        assertThat(node.cordonedWhenAsked).isTrue();
        node.restart();
        node.occupants.clear();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.cordoned).isFalse();
    }

    @Test
    void triesCountOnlyInARow() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();

        for (String value : List.of("all-3g.40gb", "all-1g.10gb")) {
            node.lab.machine().holdUnseen(node.lab.uuids(0).values().iterator().next(), 99);
            node.ask(value);
            node.stepAfter(SECOND);
            node.stepAfter(SECOND);
            assertThat(node.state()).contains("pending");
            node.lab.machine().endProcess(99);
            node.stepAfter(SECOND);
            assertThat(node.state()).contains("success");
        }
    }

    @Test
    void theSuccessOfAnOlderValueDoesNotStandForANewOneWhileKubeletIsSilent() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        assertThat(node.state()).contains("success");

        node.kubeletSilent = true;
        node.ask("all-3g.40gb");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("pending");
        assertThat(node.keptOff).isTrue();
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.dcgm()).isEqualTo("true");

        node.kubeletSilent = false;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("3g.40gb:2"));
    }

    @Test
    void whatIsSoStaysSoHoweverLongKubeletIsSilent() {
        node.ask("all-1g.10gb");
        node.step();

        node.kubeletSilent = true;
        for (int i = 0; i < 5; i++) {
            node.stepAfter(LONG);
        }
        assertThat(node.state()).contains("success");
        assertThat(node.keptOff).isFalse();

        node.ask("no-such-thing");
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("failed");
    }

    @Test
    void whatSomebodyUnseenHoldsIsNotTakenApartOverAndOver() throws GpuException {
        node.lab.apply("1g.10gb:7");
        node.lab.machine().holdUnseen(node.lab.uuidAt(0, "1g.10gb@3:1"), 99);
        node.ask("all-7g.80gb");
        Set<Map<String, String>> seen = new HashSet<>(Set.of(node.lab.uuids(0)));

        for (int second = 0; second < 50; second++) {
            node.stepAfter(SECOND);
            seen.add(node.lab.uuids(0));
        }

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("the former layout is restored");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(seen).hasSizeLessThanOrEqualTo(4);

        node.lab.machine().endProcess(99);
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("success");
    }

    @Test
    void nobodyStaysAsideForAProcessThatIsNoClients() throws GpuException {
        node.running.add("dcgm.service");
        node.lab.apply("1g.10gb:7");
        node.lab.use(0, "1g.10gb@3:1", 4711);
        node.ask("all-7g.80gb");
        node.step();
        node.stepAfter(SECOND);
        // It may be that of a pod that has just gone.
        assertThat(node.dcgm()).isEqualTo("paused-for-mig-change");
        node.stepAfter(Duration.ofSeconds(9));
        assertThat(node.state()).contains("pending");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
        assertThat(node.writes).anySatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));

        int writes = node.writes.size();
        for (int i = 0; i < 60; i++) {
            node.stepAfter(SECOND);
        }
        // Also after the attempt has failed and the next has begun.
        node.stepAfter(LONG);
        node.stepAfter(LONG);
        node.step();
        assertThat(node.writes.subList(writes, node.writes.size()))
                .noneSatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));

        // Another one may be that of a client.
        node.lab.machine().endProcess(4711);
        node.lab.use(0, "1g.10gb@2:1", 99);
        node.pods.add("dcgm-x7k2p");
        node.stepAfter(SECOND);
        assertThat(node.dcgm()).isEqualTo("paused-for-mig-change");
        node.pods.clear();
        node.lab.machine().endProcess(99);
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
    }

    @Test
    void whatAnAgentOwesThatDiedHalfWayIsPutRight() {
        node.running.add("dcgm.service");
        node.ask("all-7g.80gb");
        LeftBehind.diesWhileServicesStop(node);
        assertThat(node.state()).contains("pending");
        assertThat(node.running).isEmpty();

        node.configurationsUnreadable = true;
        node.stepAfter(SECOND);
        node.stepAfter(LONG);

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
    }

    @Test
    void whatWasBegunHasAnEndThoughTheGpusAreGone() {
        node.running.add("dcgm.service");
        node.ask("all-7g.80gb");
        LeftBehind.diesWhileServicesStop(node);
        assertThat(node.running).isEmpty();

        node.decided = false;
        node.inUse = false;
        node.stepAfter(SECOND);
        node.stepAfter(Duration.ofSeconds(90));
        assertThat(node.state()).contains("pending");
        node.stepAfter(LONG);

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().startsWith("MigConfigFailed").contains("all-7g.80gb", "config.json");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
        assertThat(node.keptOff).isTrue();

        node.decided = true;
        node.inUse = true;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void whatSomebodyElseBeginsWhileWeKnowNoGpuIsNotEnded() {
        node.decided = false;
        node.labels.put(MigConfigLabels.STATE, "pending");
        node.labels.put(ProtocolRig.DCGM, "paused-for-mig-change");

        node.step();
        node.stepAfter(LONG);

        assertThat(node.writes).isEmpty();
        assertThat(node.told).isEmpty();
    }

    @Test
    void theWaitForGpusToBeThereBeginsAnewWithEachChange() {
        node.remembered = UnfinishedChange.NOTHING.about("all-7g.80gb");
        node.decided = false;
        node.labels.put(MigConfigLabels.STATE, "pending");
        node.step();
        node.labels.put(MigConfigLabels.STATE, "success");
        node.stepAfter(SECOND);
        node.labels.put(MigConfigLabels.STATE, "pending");

        node.stepAfter(LONG);

        assertThat(node.writes).isEmpty();
        node.stepAfter(LONG);
        assertThat(node.state()).contains("failed");
    }

    @Test
    void aChangeUnderWayGoesOnWithWhatWasRead() throws GpuException {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");
        node.step();

        node.configurationsUnreadable = true;
        node.pods.clear();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.lab.layout(0)).containsExactly("7g.80gb@0:8");
    }

    @Test
    void aStartBeforeTheFirstReadingTakesNoSuccessBack() {
        node.ask("all-7g.80gb");
        node.step();

        node.restart();
        node.configurationsUnreadable = true;
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        node.configurationsUnreadable = false;
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.writes).last().asString().contains("success");
        assertThat(node.writes).hasSize(2);
    }

    @Test
    void aGpuThatBecomesTheLabelsInTheMiddleOfAChangeIsNotCutUnderItsPods() throws GpuException {
        String gpu = node.lab.gpu(1);
        node.lab.apply("3g.40gb:2");
        node.running.add("dcgm.service");
        node.whileServicesStop = () -> node.awaited.add(new Occupant("pod team/idle", Optional.of("idle"), gpu));
        node.ask("all-1g.10gb");

        node.step();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("pending");
        assertThat(node.lab.layout(1)).containsExactly("3g.40gb@0:4", "3g.40gb@4:4");
        assertThat(node.told).last().asString().contains("pod team/idle");
        node.awaited.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
    }

    @Test
    void aCheckThatCannotBeMadeKeepsNobodyAway() {
        node.checksRefused = true;
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void pausedClientsHaveTheirTimeHoweverLongPodsWereWaitedFor() {
        node.pods.add("dcgm-x7k2p");
        node.awaited.add(new Occupant("pod team/train", Optional.of("train"), ""));
        node.ask("all-7g.80gb");
        node.step();
        node.awaited.clear();

        node.stepAfter(Duration.ofSeconds(110));
        node.stepAfter(Duration.ofSeconds(50));
        assertThat(node.state()).contains("pending");
        node.pods.clear();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
    }

    @Test
    void aWaitForThisAndThenForThatHasAnEndToo() {
        Duration half = Duration.ofSeconds(20);
        Occupant train = new Occupant("pod team/train", Optional.of("train"), "");
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");
        node.step();

        Duration waited = Duration.ZERO;
        while (node.state().equals(Optional.of("pending"))) {
            assertThat(waited).isLessThan(Duration.ofMinutes(4));
            if (node.awaited.isEmpty()) {
                node.awaited.add(train);
            } else {
                node.awaited.clear();
            }
            node.stepAfter(half);
            waited = waited.plus(half);
        }

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
    }
}
