package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import io.migpool.deviceplugin.node.LabelDrivenGpus.Division;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LayoutTest {

    private final LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:3");
    private String first = "";
    private Set<String> two = Set.of();
    private String third = "";
    private Division division = new Division(Set.of(), Set.of(), Set.of());

    @BeforeEach
    void cutTheGpus() throws GpuException {
        machine.cut(0, "3g.40gb@0 3g.40gb@4");
        machine.cut(1, "1g.10gb@0");
        first = machine.board(0).uuid();
        two = Set.of(first, machine.board(1).uuid());
        third = machine.board(2).uuid();
        division = new Division(two, Set.of(), Set.of(third));
    }

    @AfterEach
    void closeTheMachine() {
        machine.close();
    }

    private Layout read(Layout before) {
        return Layout.read(machine.driver(), division, before);
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

        Layout now = Layout.readWhatAnswers(machine.driver(), division, silent);

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

    private static String missed(Layout layout) {
        return catchThrowableOfType(PreparationException.class, () -> layout.require("nvidia.com/gpu", "MIG-gone"))
                .reason();
    }

    @Test
    void aDeviceThatIsNotFoundIsGoneOnceAllGpusHaveCome() throws GpuException {
        assertThat(missed(Layout.NONE)).isEqualTo(StartFailure.GPU_UNREADABLE.reason());
        assertThat(missed(read(Layout.NONE))).isEqualTo(StartFailure.DEVICE_GONE.reason());
        GpuDriver late = new ForwardingDriver(machine.driver()) {
            @Override
            public List<UnlistedGpu> unlisted() {
                return List.of(new UnlistedGpu(3, "it is busy"));
            }
        };
        assertThat(missed(Layout.read(late, division, Layout.NONE))).isEqualTo(StartFailure.GPU_UNREADABLE.reason());
        GpuDriver empty = new ForwardingDriver(machine.driver()) {
            @Override
            public List<GpuDescription> gpus() {
                return List.of();
            }
        };
        assertThat(missed(Layout.read(empty, new Division(Set.of(), Set.of(), Set.of()), Layout.NONE)))
                .isEqualTo(StartFailure.GPU_UNREADABLE.reason());
    }

    @Test
    void aDeviceThatIsNotFoundMayBeOnAGpuOfWhichNothingIsDecidedYet() throws GpuException {
        Division undecided = new Division(two, Set.of(), Set.of());
        Division pools =
                new Division(Set.of(), Set.of(), Set.of(first, machine.board(1).uuid(), third));

        assertThat(missed(Layout.read(machine.driver(), undecided, Layout.NONE)))
                .isEqualTo(StartFailure.GPU_UNREADABLE.reason());
        assertThat(missed(Layout.read(machine.driver(), pools, Layout.NONE)))
                .isEqualTo(StartFailure.DEVICE_GONE.reason());
    }

    @Test
    void aGpuThatThePoolHasYetToLeaveIsNotTakenForOneThatIsMissing() throws GpuException {
        Layout layout = Layout.read(machine.driver(), new Division(two, Set.of(third), Set.of()), Layout.NONE);

        assertThat(catchThrowableOfType(PreparationException.class, () -> layout.require("nvidia.com/gpu", "MIG-gone")))
                .hasMessageContaining("the pool has not left " + third + " yet; retrying")
                .hasMessageNotContaining("listed")
                .extracting(PreparationException::reason)
                .isEqualTo(StartFailure.GPU_UNREADABLE.reason());
    }

    @Test
    void aDeviceThatIsNotFoundMayBeOnAGpuThatCannotBeRead() throws GpuException {
        failOnce();
        assertThat(missed(read(Layout.NONE))).isEqualTo(StartFailure.GPU_UNREADABLE.reason());
    }
}
