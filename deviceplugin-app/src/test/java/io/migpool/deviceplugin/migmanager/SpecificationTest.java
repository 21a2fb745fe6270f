package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When NVIDIA's own CDI specification is generated again. */
class SpecificationTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final String PAUSED = "paused-for-mig-change";

    private final ProtocolRig node = new ProtocolRig(Boards.A100);

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void itIsGeneratedOnceAfterAChangeAndBeforeTheClientsComeBack() {
        node.ask("all-3g.40gb");
        node.step();
        node.stepAfter(LONG);

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.specifications).containsExactly("[3g.40gb@0:4, 3g.40gb@4:4] " + PAUSED);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void itIsNotGeneratedWhereNothingChanges() throws GpuException {
        node.lab.apply("3g.40gb:2");

        node.ask("all-3g.40gb");
        node.step();
        node.ask("no-such-thing");
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("failed");
        assertThat(node.specifications).isEmpty();
    }

    @Test
    void itIsGeneratedAlsoWhenAChangeIsTakenBack() throws GpuException {
        node.lab.apply("1g.10gb:7");
        node.lab
                .machine()
                .inject(
                        node.lab.gpu(0),
                        new SimulatedFault(
                                "createGpuInstance", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 1, 0));

        node.ask("all-7g.80gb");
        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.specifications)
                .singleElement()
                .asString()
                .contains("1g.10gb@6:1")
                .endsWith(PAUSED);
    }

    @Test
    void itIsGeneratedAlsoWhenALaterAttemptRestoresTheLayout() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        // The step, three tries of its roll-back, and one more to go back.
        node.lab.fail(0, "createGpuInstance", SimulatedFault.Effect.REFUSED, 5);
        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);
        assertThat(node.told).last().asString().contains("the former layout is not restored");
        node.specifications.clear();

        node.labels.remove(MigConfigLabels.CONFIG);
        node.stepAfter(SECOND);

        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.specifications).singleElement().asString().contains("1g.10gb@6:1");
    }

    @Test
    void itIsTriedOnceMoreWhenTheGpusGoBackToThePool() throws GpuException {
        node.toolkitFails = "nvidia-ctk is not there";
        node.ask("all-7g.80gb");
        node.step();
        node.inUse = false;

        node.stepAfter(SECOND);
        int told = node.told.size();
        node.stepAfter(LONG);
        node.stepAfter(LONG);

        assertThat(node.told).hasSize(told);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void withoutItTheChangeHasFailedButTheLayoutAndTheClientsAreThere() throws GpuException {
        node.toolkitFails = "nvidia-ctk is not there";

        node.ask("all-7g.80gb");
        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("nvidia-ctk is not there", "retrying after PT1M");
        assertThat(node.progress).isEmpty();
        assertThat(node.lab.layout(0)).containsExactly("7g.80gb@0:8");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.keptOff).isFalse();
    }

    @Test
    void aRetryInVainDisturbsNoClientAndAGoodOneRestartsThem() throws GpuException {
        node.toolkitFails = "nvidia-ctk is not there";
        node.ask("all-7g.80gb");
        node.step();
        String uuid = node.lab.uuidAt(0, "7g.80gb@0:8");
        int writes = node.writes.size();

        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("failed");
        assertThat(node.writes.subList(writes, node.writes.size()))
                .noneSatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));

        node.toolkitFails = "";
        node.pods.add("dcgm-exporter");
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("pending");
        assertThat(node.dcgm()).isEqualTo(PAUSED);
        node.pods.clear();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.specifications).as("once, before they start again").containsExactly("[7g.80gb@0:8] true");
        assertThat(node.lab.uuidAt(0, "7g.80gb@0:8")).as("it is not made again").isEqualTo(uuid);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void anAgentThatStartsAfterTheChangeGeneratesIt() throws GpuException {
        node.toolkitFails = "the agent is killed meanwhile";
        node.ask("all-7g.80gb");
        node.step();
        // As it was before the clients came back.
        node.remembered = node.remembered.withClientsPaused(true);
        node.labels.put(ProtocolRig.DCGM, PAUSED);
        node.toolkitFails = "";

        node.restart();
        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.specifications).containsExactly("[7g.80gb@0:8] " + PAUSED);
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void clientsStartAgainWithItWhereTheLabelIsGoneInTheMiddle() throws GpuException {
        backWithTheFormerOne();
        node.labels.remove(MigConfigLabels.CONFIG);
        node.stepAfter(SECOND);
        assertThat(node.remembered.specification().due()).isTrue();
        assertThat(node.dcgm()).as("not for nothing").isEqualTo("true");

        node.toolkitFails = "";
        node.pods.add("dcgm-exporter");
        node.stepAfter(LONG);
        node.stepAfter(SECOND);
        assertThat(node.dcgm()).isEqualTo(PAUSED);
        assertThat(node.told).last().asString().startsWith("MigConfigWaits: ").contains("dcgm-exporter");
        node.pods.clear();
        node.stepAfter(SECOND);

        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.state()).contains("failed");
        assertThat(node.specifications).hasSize(1);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void clientsThatDoNotEndAreResumedAndNotPausedForeverForIt() throws GpuException {
        backWithTheFormerOne();
        node.labels.remove(MigConfigLabels.CONFIG);
        node.toolkitFails = "";
        node.pods.add("dcgm-exporter");
        node.stepAfter(SECOND);
        node.stepAfter(LONG);

        assertThat(node.told)
                .last()
                .asString()
                .startsWith("MigConfigFailed: ")
                .contains("former devices", "timed out after PT1M", "dcgm-exporter");
        int writes = node.writes.size();
        node.stepAfter(LONG);

        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.writes).hasSize(writes);
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void clientsThatDoNotEndKeepNoLayoutFromSuccess() throws GpuException {
        backWithTheFormerOne();
        node.toolkitFails = "";
        node.pods.add("dcgm-exporter");
        for (int step = 0; step < 6; step++) {
            node.stepAfter(LONG);
        }

        assertThat(node.told)
                .anySatisfy(told -> assertThat(told).contains("former devices: timed out after PT1M", "dcgm-exporter"));
        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void clientsStartAgainWithOneThatWasGeneratedForAWrongName() throws GpuException {
        backWithTheFormerOne();
        node.toolkitFails = "";
        node.ask("no-such-thing");
        node.stepAfter(SECOND);
        assertThat(node.remembered.specification().due()).isFalse();

        node.ask("all-7g.80gb");
        clientsStartAgain();
    }

    @Test
    void clientsStartAgainWithOneThatWasGeneratedWhileKubeletIsSilent() throws GpuException {
        backWithTheFormerOne();
        node.toolkitFails = "";
        node.kubeletSilent = true;
        node.stepAfter(LONG);

        clientsStartAgain();
    }

    @Test
    void clientsStartAgainAfterARestoredLayoutAsWell() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        node.lab.fail(0, "createGpuInstance", SimulatedFault.Effect.REFUSED, 5);
        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);
        node.labels.remove(MigConfigLabels.CONFIG);
        node.pods.add("dcgm-exporter");
        node.stepAfter(SECOND);

        assertThat(node.lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        assertThat(node.dcgm()).isEqualTo(PAUSED);
    }

    @Test
    void aLayoutThatCannotBeRestoredYetDisturbsNoClient() throws GpuException {
        node.ask("all-1g.10gb");
        node.step();
        node.lab.fail(0, "createGpuInstance", SimulatedFault.Effect.REFUSED, 5);
        node.ask("all-7g.80gb");
        node.stepAfter(SECOND);
        node.labels.remove(MigConfigLabels.CONFIG);
        node.kubeletSilent = true;
        node.specifications.clear();
        int writes = node.writes.size();
        node.stepAfter(SECOND);
        node.stepAfter(LONG);

        assertThat(node.remembered.layoutBefore()).isNotEmpty();
        assertThat(node.specifications).isEmpty();
        assertThat(node.writes).hasSize(writes);
    }

    /** The layout is there, but clients came back before the specification of it. */
    private void backWithTheFormerOne() {
        node.toolkitFails = "nvidia-ctk is not there";
        node.ask("all-7g.80gb");
        node.step();
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.state()).contains("failed");
    }

    private void clientsStartAgain() {
        node.pods.add("dcgm-exporter");
        node.stepAfter(SECOND);
        node.step();
        assertThat(node.dcgm()).isEqualTo(PAUSED);
        assertThat(node.state()).contains("pending");
        node.pods.clear();
        node.stepAfter(SECOND);

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }
}
