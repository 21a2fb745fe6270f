package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the driver does not do, or does late. */
class InstanceFailureTest {

    @TempDir
    Path directory;

    private PoolRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new PoolRig(directory, "NVIDIA A100-SXM4-80GB", 12);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void whatCannotBeDestroyedForAWhileIsStuckWhateverTheDriverSays() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");
        rig.limit = Duration.ZERO;
        rig.machine.inject(rig.gpu(0), refusals("destroyGpuInstance", GpuErrorCode.UNKNOWN, 1000));
        assertThatThrownBy(() -> rig.realise("b", rig.slice("2g.20gb", 0, 2)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.DRIVER));
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 DESTROYING");

        rig.clock.forward(Duration.ofSeconds(30));
        assertThatThrownBy(() -> rig.realise("b", rig.slice("2g.20gb", 0, 2)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.BLOCKED));
        rig.clock.forward(Duration.ofSeconds(10));
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 STUCK");
    }

    @Test
    void aGpuThatAnswersButCreatesNothingIsUnfitUntilItCreatesSomething() throws Exception {
        Slice slice = rig.slice("1g.10gb", 0, 1);
        PodClaim waiting = PoolRig.claim("a", slice);
        rig.limit = Duration.ZERO;
        rig.machine.inject(rig.gpu(0), refusals("createGpuInstance", GpuErrorCode.UNKNOWN, 4));
        for (int failures = 0; failures < 4; failures++) {
            assertThat(rig.pool().trouble(rig.gpu(0)))
                    .as("after %d failures", failures)
                    .isEmpty();
            assertThat(rig.pool().isRefused(waiting)).isFalse();
            assertThatThrownBy(() -> rig.realise("a", slice)).isInstanceOf(RealisationException.class);
            rig.clock.forward(Duration.ofSeconds(4));
        }
        rig.sweep();
        assertThat(rig.pool().trouble(rig.gpu(0))).isPresent();
        assertThat(rig.pool().isRefused(waiting)).isTrue();

        rig.realise("a", slice);

        assertThat(rig.pool().trouble(rig.gpu(0))).isEmpty();
        assertThat(rig.pool().isRefused(waiting)).isFalse();
    }

    @Test
    void aGpuOnWhichNothingWasTriedForAWhileIsGivenAnotherChance() throws Exception {
        refuse(GpuErrorCode.NO_PERMISSION);
        assertThat(rig.pool().trouble(rig.gpu(0))).isPresent();

        rig.clock.forward(Duration.ofMinutes(10));

        assertThat(rig.pool().trouble(rig.gpu(0))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = GpuErrorCode.class,
            names = {"IN_USE", "INSUFFICIENT_RESOURCES", "INVALID_ARGUMENT"})
    void whatLiesInThePlaceOrTheRequestSaysNothingAboutTheGpu(GpuErrorCode code) throws Exception {
        refuse(code);

        assertThat(rig.pool().trouble(rig.gpu(0))).isEmpty();
    }

    private void refuse(GpuErrorCode code) throws Exception {
        rig.limit = Duration.ZERO;
        rig.machine.inject(rig.gpu(0), refusals("createGpuInstance", code, 10));
        for (int failures = 0; failures < 4; failures++) {
            assertThatThrownBy(() -> rig.realise("a", rig.slice("1g.10gb", 0, 1)))
                    .isInstanceOf(RealisationException.class);
            rig.clock.forward(Duration.ofSeconds(4));
        }
    }

    @Test
    void whatMayNotBeDestroyedIsStuckAtOnce() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");
        rig.machine.inject(rig.gpu(0), refusals("destroyGpuInstance", GpuErrorCode.NO_PERMISSION, 1));

        rig.clock.forward(PoolRig.IDLE_TTL);
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 STUCK");
    }

    @Test
    void oneThatCannotBeDestroyedKeepsNoOther() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.realise("b", rig.slice("1g.10gb", 1, 1));
        rig.end("a");
        rig.end("b");
        rig.machine.inject(rig.gpu(0), refusals("destroyGpuInstance", GpuErrorCode.UNKNOWN, 1));

        rig.clock.forward(PoolRig.IDLE_TTL);
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 DESTROYING");
    }

    @Test
    void aCreationThatComesAboutAfterItsTimeOutIsStillThePods() throws Exception {
        timeOutWithoutOutcome("a");
        rig.sweep();
        assertThat(rig.known()).containsExactly("2g.20gb@0:2 CREATING a");

        GpuInstance late = comesLate();
        rig.realise("a", rig.slice("2g.20gb", 0, 2));

        assertThat(rig.real()).containsExactly(late);
        assertThat(rig.known()).containsExactly("2g.20gb@0:2 ACTIVE a");
    }

    @Test
    void aCreationThatComesAboutBetweenLookAndNextTryIsFound() throws Exception {
        timeOutWithoutOutcome("a");
        rig.machine.inject(rig.gpu(0), refusals("createGpuInstance", GpuErrorCode.INSUFFICIENT_RESOURCES, 1));
        rig.limit = Duration.ZERO;
        assertThatThrownBy(() -> rig.realise("a", rig.slice("2g.20gb", 0, 2))).isInstanceOf(RealisationException.class);

        GpuInstance late = comesLate();
        rig.realise("a", rig.slice("2g.20gb", 0, 2));

        assertThat(rig.real()).containsExactly(late);
    }

    @Test
    void aCreationThatComesAboutWhenItsPodIsGoneIsUndone() throws Exception {
        timeOutWithoutOutcome("a");
        rig.end("a");
        assertThat(rig.known()).containsExactly("2g.20gb@0:2 DESTROYING");

        var _ = comesLate();
        rig.sweep();

        assertThat(rig.real()).isEmpty();
        assertThat(rig.known()).isEmpty();
    }

    @Test
    void aCreationThatDoesNotComeAboutIsForgottenAfterAWhile() throws Exception {
        timeOutWithoutOutcome("a");
        rig.end("a");

        rig.clock.forward(Duration.ofMinutes(3));
        rig.sweep();

        assertThat(rig.known()).isEmpty();
    }

    @Test
    void somebodyElsesInstanceInThePlaceOfACreationThatTimedOutCountsAtOnce() throws Exception {
        rig.realise("b", rig.slice("1g.10gb", 6, 1));
        rig.end("b");
        timeOutWithoutOutcome("a");
        var _ = rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("1g.10gb"), new Placement(1, 1), 1);

        rig.clock.forward(PoolRig.IDLE_TTL.minusMinutes(8));
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@1:1 FOREIGN", "1g.10gb@6:1 IDLE");
        assertThat(rig.pool().trouble(rig.gpu(0))).isEmpty();
        assertThatThrownBy(() -> rig.realise("a", rig.slice("2g.20gb", 0, 2)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.BLOCKED));
        rig.realise("c", rig.slice("2g.20gb", 2, 2));
        assertThat(rig.real()).hasSize(3);
    }

    private void timeOutWithoutOutcome(String uid) throws Exception {
        rig.limit = Duration.ZERO;
        rig.machine.inject(rig.gpu(0), refusals("createGpuInstance", GpuErrorCode.TIMEOUT, 1));
        assertThatThrownBy(() -> rig.realise(uid, rig.slice("2g.20gb", 0, 2))).isInstanceOf(RealisationException.class);
    }

    /** What the driver was still at. */
    private GpuInstance comesLate() throws Exception {
        return rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("2g.20gb"), new Placement(0, 2), 2);
    }

    private static SimulatedFault refusals(String call, GpuErrorCode code, int times) {
        return new SimulatedFault(call, SimulatedFault.Effect.REFUSED, code, times, 0);
    }
}
