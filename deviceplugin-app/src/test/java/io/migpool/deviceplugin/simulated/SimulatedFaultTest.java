package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedFaultTest {

    private Rig rig;

    @BeforeEach
    void boot() throws GpuException {
        rig = Rig.with("NVIDIA A100-SXM4-80GB:2");
    }

    @AfterEach
    void shutDown() {
        rig.close();
    }

    @Test
    void onlyTheNextCallOfThatNameFails() throws GpuException {
        rig.machine().inject(rig.gpu(), SimulatedFault.refuseNext("createGpuInstance", GpuErrorCode.TIMEOUT));

        assertThat(rig.instances()).isEmpty();
        assertRefused(GpuErrorCode.TIMEOUT, () -> rig.cut("1g.10gb", "0:1")).contains("injected fault");
        assertThat(rig.instances()).isEmpty();
        rig.cut("1g.10gb", "0:1");
    }

    @Test
    void aCallThatFailedMayBeDoneAfterAll() throws GpuException {
        var afterAWhile = new SimulatedFault(
                "createGpuInstance", SimulatedFault.Effect.FAILED_AND_DONE_LATE, GpuErrorCode.TIMEOUT, 1, 50);
        var never = new SimulatedFault(
                "createGpuInstance", SimulatedFault.Effect.FAILED_AND_DONE_LATE, GpuErrorCode.TIMEOUT, 1, 3_600_000);
        rig.machine().inject(rig.gpu(), never);
        assertRefused(GpuErrorCode.TIMEOUT, () -> rig.cut("1g.10gb", "0:1"));
        assertThat(rig.instances()).isEmpty();
        rig.machine().inject(rig.gpu(), afterAWhile);

        assertRefused(GpuErrorCode.TIMEOUT, () -> rig.cut("1g.10gb", "1:1"));

        await().until(() -> rig.instances().size() == 1);
        assertThat(rig.instances().getFirst().placement()).isEqualTo(Rig.at("1:1"));
    }

    @Test
    void theOtherGpuIsSpared() throws GpuException {
        String other = rig.driver().gpus().get(1).uuid();
        rig.machine().inject(other, SimulatedFault.refuseNext(SimulatedFault.ANY_CALL, GpuErrorCode.UNKNOWN));

        assertThat(rig.instances()).isEmpty();
        assertRefused(GpuErrorCode.UNKNOWN, () -> rig.driver().processes(other));
        assertThat(rig.driver().processes(other)).isEmpty();
    }

    @Test
    void aFaultHitsAsOftenAsItSays() throws GpuException {
        rig.machine()
                .inject(
                        rig.gpu(),
                        new SimulatedFault(
                                "instances", SimulatedFault.Effect.REFUSED, GpuErrorCode.NO_PERMISSION, 3, 0));

        for (int i = 0; i < 3; i++) {
            assertRefused(GpuErrorCode.NO_PERMISSION, rig::instances);
        }
        assertThat(rig.instances()).isEmpty();
    }

    @Test
    void anAnswerCanBeLostAfterTheWorkWasDone() throws GpuException {
        rig.machine().inject(rig.gpu(), SimulatedFault.loseAnswerOfNext("createGpuInstance"));

        assertRefused(GpuErrorCode.TIMEOUT, () -> rig.cut("1g.10gb", "0:1"));

        assertThat(rig.instances()).hasSize(1);
    }

    @Test
    void aCallCanStallAndStillSucceed() throws GpuException {
        List<Duration> pauses = new ArrayList<>();
        rig.machine().inject(rig.gpu(), SimulatedFault.stallNext("createGpuInstance", 10_000));

        rig.machine()
                .driver(Duration.ofMillis(300), pauses::add, () -> {})
                .createGpuInstance(
                        rig.gpu(), rig.description().profiles().getFirst().profile(), Rig.at("0:1"));

        assertThat(pauses).containsExactly(Duration.ofSeconds(10), Duration.ofMillis(300));
        assertThat(rig.instances()).hasSize(1);
    }

    @Test
    void aFaultThatNeverHitsMakesNoSense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SimulatedFault("gpus", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 0, 0))
                .withMessageContaining("it must hit at least once");
    }

    @Test
    void anInterruptedCreationLeavesNothingBehind() throws GpuException {
        var interrupted = rig.machine()
                .driver(
                        Duration.ofSeconds(1),
                        time -> {
                            throw new InterruptedException();
                        },
                        () -> {});

        assertRefused(
                GpuErrorCode.TIMEOUT,
                () -> interrupted.createGpuInstance(
                        rig.gpu(), rig.description().profiles().getFirst().profile(), Rig.at("0:1")));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(rig.instances()).isEmpty();
        rig.cut("1g.10gb", "0:1");
    }
}
