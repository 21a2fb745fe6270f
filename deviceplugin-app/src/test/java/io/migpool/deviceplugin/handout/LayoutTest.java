package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LayoutTest {

    private final LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:3");
    private String first = "";
    private Set<String> two = Set.of();

    @BeforeEach
    void cutTheGpus() throws GpuException {
        machine.cut(0, "3g.40gb@0 3g.40gb@4");
        machine.cut(1, "1g.10gb@0");
        first = machine.board(0).uuid();
        two = Set.of(first, machine.board(1).uuid());
    }

    @AfterEach
    void closeTheMachine() {
        machine.close();
    }

    private Layout read(Layout before) {
        return Layout.read(machine.driver(), two, before);
    }

    private void failOnce() throws GpuException {
        machine.machine()
                .inject(
                        first,
                        new SimulatedFault("instances", SimulatedFault.Effect.REFUSED, GpuErrorCode.TIMEOUT, 1, 0));
    }

    @Test
    void aGpuThatDoesNotAnswerIsAsItWasUntilItDoes() throws GpuException {
        Layout before = read(Layout.NONE);
        assertThat(before.devices()).hasSize(5);
        failOnce();
        machine.cut(1, "1g.10gb@1");

        Layout now = read(before);

        assertThat(now.devices()).hasSize(6);
        assertThat(now.unread()).containsExactly(first);
        assertThat(now.unknown()).isEmpty();
        assertThat(now.uuids()).containsAll(before.uuids());
        assertThat(read(now).unread()).isEmpty();
    }

    @Test
    void whoMustNotWaitDoesNotAskAGpuThatDidNotAnswer() throws GpuException {
        Layout before = read(Layout.NONE);
        failOnce();
        Layout silent = read(before);
        machine.cut(1, "1g.10gb@1");
        // Left for whoever asks.
        failOnce();

        Layout now = Layout.readWhatAnswers(machine.driver(), two, silent);

        assertThat(now.unread()).containsExactly(first);
        assertThat(now.devices()).hasSize(6);
        assertThat(read(now).unread()).containsExactly(first);
        assertThat(read(now).unread()).isEmpty();
    }

    @Test
    void ofAGpuThatNeverAnsweredNothingIsKnown() throws GpuException {
        failOnce();

        Layout now = read(Layout.NONE);

        assertThat(now.unknown()).containsExactly(first);
        assertThat(now.devices()).hasSize(2);
        assertThat(read(now).devices()).hasSize(5);
    }

    @Test
    void withoutADriverAllIsAsItWasAndNothingOfItIsSure() {
        Layout before = read(Layout.NONE);
        machine.driver().close();

        Layout now = read(before);

        assertThat(now.gpus()).isEqualTo(before.gpus());
        assertThat(now.unread()).isEqualTo(two);
    }
}
