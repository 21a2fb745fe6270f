package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Services of the host that step aside for a change of layout, and come back whatever becomes of it. */
class ClientPauseTest {

    private static final Duration LONG = Duration.ofMinutes(30);

    private final ProtocolRig node = new ProtocolRig(Boards.H100);

    @AfterEach
    void close() {
        node.close();
    }

    @Test
    void onlyAServiceThatDoesNotComeBackIsStartedAgain() {
        node.running.addAll(List.of("dcgm.service", "nvsm.service"));
        node.broken.add("nvsm.service");
        node.ask("all-1g.10gb");
        node.step();
        assertThat(node.state()).contains("success");
        assertThat(node.running).containsExactly("dcgm.service");
        // Somebody updates the driver.
        node.running.clear();

        node.stepAfter(LONG);
        node.restart();
        node.broken.clear();
        node.stepAfter(LONG);

        assertThat(node.running).containsExactly("nvsm.service");
    }

    @Test
    void aServiceThatDidNotRunBeforeIsTriedOnce() {
        node.running.add("dcgm.service");
        node.down.add("nvsm.service");
        node.broken.add("nvsm.service");
        node.ask("all-1g.10gb");

        node.step();
        node.stepAfter(LONG);
        node.restart();
        node.stepAfter(LONG);

        assertThat(node.started).containsExactlyInAnyOrder("dcgm.service", "nvsm.service");
        assertThat(node.told).last().asString().contains("nvsm.service did not start");
        assertThat(node.remembered).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void whatNobodyForesawIsAFailureOfTheAttempt() {
        node.running.add("dcgm.service");
        node.whileServicesStop = () -> {
            throw new IllegalStateException("no transport in this address");
        };
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.told).last().asString().contains("no transport in this address");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
        assertThat(node.keptOff).isFalse();

        node.whileServicesStop = () -> {};
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("success");
    }

    @Test
    void aPartOfJavaThatIsMissingKeepsNobodyAway() {
        node.running.add("dcgm.service");
        node.whileServicesStop = () -> {
            throw new NoClassDefFoundError("com/sun/security/auth/module/UnixSystem");
        };
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
        assertThat(node.running).containsExactly("dcgm.service");
    }

    @Test
    void aListThatIsRefusedDisturbsNobody() {
        node.servicesRefused = "clients.yaml names kubelet.service";
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.told).singleElement().asString().contains("clients.yaml names kubelet.service");
        assertNobodyIsDisturbed();
        node.servicesRefused = "";
        node.stepAfter(LONG);
        node.step();
        assertThat(node.state()).contains("success");
    }

    @Test
    void nobodyStepsAsideWhileTheHostsBusIsSilent() {
        node.running.add("dcgm.service");
        node.servicesUnknown = true;
        node.ask("all-1g.10gb");

        node.step();

        assertThat(node.state()).contains("pending");
        assertThat(node.told).singleElement().asString().contains("the host's bus does not answer");
        assertNobodyIsDisturbed();
        node.servicesUnknown = false;
        node.step();
        assertThat(node.state()).contains("success");
        assertThat(node.running).containsExactly("dcgm.service");
    }

    @Test
    void aListThatIsSpoiltWhileClientsLeaveBringsThemBack() {
        node.pods.add("dcgm-x7k2p");
        node.ask("all-1g.10gb");
        node.step();
        assertThat(node.dcgm()).isEqualTo("paused-for-mig-change");

        node.servicesRefused = "clients.yaml is malformed";
        node.pods.clear();
        node.step();

        assertThat(node.state()).contains("failed");
        assertThat(node.dcgm()).isEqualTo("true");
    }

    private void assertNobodyIsDisturbed() {
        assertThat(node.writes).noneSatisfy(write -> assertThat(write).containsKey(ProtocolRig.DCGM));
    }
}
