package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** GPU clients and services of the host step aside for a change, and come back whatever becomes of it. */
class MigConfigClientsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final String PAUSED = "paused-for-mig-change";
    private final ProtocolRig node = new ProtocolRig(Boards.A100 + ":2");

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void whatIsSoAlreadyPausesNobody() {
        node.ask("all-enabled");

        node.step();

        assertThat(node.writes).containsExactly(Map.of(MigConfigLabels.STATE, "success"));
        assertThat(node.checks).isZero();
    }

    @Test
    void nothingIsCutBeforeTheClientsAreGone() throws GpuException {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");

        node.step();
        assertThat(node.state()).contains("pending");
        assertThat(node.dcgm()).isEqualTo(PAUSED);
        assertThat(node.lab.layout(0)).isEmpty();
        assertThat(node.told).singleElement().asString().contains("dcgm-x7k2p");

        node.pods.clear();
        node.stepAfter(SECOND);
        assertThat(node.state()).contains("success");
        assertThat(node.lab.layout(0)).containsExactly("7g.80gb@0:8");
    }

    @Test
    void clientsThatDoNotEndAreGivenUpAndBroughtBack() {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");

        node.step();
        node.stepAfter(LONG);

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void anAgentThatDiedMeanwhileBringsTheClientsBack() throws GpuException {
        node.labels.put(ProtocolRig.DCGM, PAUSED);
        node.labels.put(MigConfigLabels.STATE, "pending");
        node.ask("all-7g.80gb");

        node.restart();
        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.lab.layout(1)).containsExactly("7g.80gb@0:8");
    }

    @Test
    void aLabelThatIsTakenAwayBringsTheClientsBack() {
        node.labels.put(ProtocolRig.DCGM, PAUSED);

        node.step();

        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.state()).isEmpty();
    }

    @Test
    void aClientThatNeverRunsStaysOut() {
        node.labels.put(ProtocolRig.DCGM, "false");
        node.ask("all-7g.80gb");

        node.step();

        assertThat(node.state()).contains("success");
        assertThat(node.dcgm()).isEqualTo("false");
    }

    @Test
    void aChangeThatIsTakenFromUsHalfWayLeavesNobodyPausedOrPending() {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");
        node.step();

        node.inUse = false;
        node.restart();
        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void aLabelThatIsTakenAwayHalfWayLeavesNothingPending() {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-7g.80gb");
        node.step();

        node.labels.remove(MigConfigLabels.CONFIG);
        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    @Test
    void aServiceThatDoesNotStartIsStartedByTheNextAgent() {
        node.running.add("dcgm.service");
        node.ask("all-7g.80gb");
        node.pods.add("dcgm-x7k2p");
        node.step();
        assertThat(node.running).containsExactly("dcgm.service");
        node.pods.clear();
        node.broken.add("dcgm.service");
        node.stepAfter(SECOND);
        assertThat(node.running).isEmpty();
        assertThat(node.state()).contains("success");
        assertThat(node.told)
                .anyMatch(note -> note.startsWith("MigConfigClientsMissing: ") && note.contains("dcgm.service"));

        node.broken.clear();
        node.restart();
        node.step();

        assertThat(node.running).containsExactly("dcgm.service");
    }
}
