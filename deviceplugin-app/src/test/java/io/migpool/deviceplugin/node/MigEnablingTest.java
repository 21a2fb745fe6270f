package io.migpool.deviceplugin.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A GPU whose MIG mode is to be switched on, and does not always take it. */
class MigEnablingTest {

    private final SimulatedMachine machine =
            SimulatedMachine.inMemory(MachineSpec.of("NVIDIA H100 80GB HBM3").withMigEnabled(false));
    private final ReluctantDriver driver = new ReluctantDriver(machine.openDriver());
    private final AtomicInteger lateAnswers = new AtomicInteger();
    private Instant now = Instant.EPOCH;
    private final MigEnabling enabling =
            new MigEnabling(driver, Duration.ofMillis(50), lateAnswers::incrementAndGet, () -> now);
    private GpuDescription gpu;

    @BeforeEach
    void describeGpu() throws GpuException {
        gpu = driver.gpus().getFirst();
    }

    @AfterEach
    void close() {
        enabling.close();
        driver.close();
        machine.close();
    }

    @Test
    void aGpuThatTakesItStandsInNoWay() throws Exception {
        await().until(() -> enable().isEmpty());
        assertThat(driver.migMode(gpu.uuid())).isEqualTo(MigMode.ON);
    }

    @ParameterizedTest
    @EnumSource(
            value = GpuErrorCode.class,
            names = {"UNKNOWN", "NO_PERMISSION", "RESET_REQUIRED", "IN_USE", "NOT_SUPPORTED", "TIMEOUT"})
    void everyFailureIsFollowedByAPause(GpuErrorCode code) throws Exception {
        driver.refusal = Optional.of(code);
        Optional<GpuStanding> first = settled();

        now = now.plusSeconds(4);
        assertThat(enable()).isEqualTo(first).isPresent();
        assertThat(driver.tries).hasValue(1);

        driver.refusal = Optional.empty();
        now = now.plusSeconds(1);
        var _ = enable();
        await().untilAsserted(() -> assertThat(driver.tries).hasValue(2));
    }

    @Test
    void aGpuThatCannotHaveMigModeHasLeftItAndSaysWhatToDo() throws Exception {
        driver.refusal = Optional.of(GpuErrorCode.NOT_SUPPORTED);

        assertThat(settled()).hasValueSatisfying(standing -> {
            assertThat(standing.hasLeft(GpuMode.MIG)).isTrue();
            assertThat(standing.condition().orElseThrow().note()).contains("compute mode", "hami-core");
        });
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void noTryHoldsUpAnythingNotEvenTheFirst() throws Exception {
        answerLate(Optional.empty());

        assertThat(driver.migMode(gpu.uuid())).isEqualTo(MigMode.ON);
        assertThat(enable()).isEmpty();
        assertThat(driver.tries).hasValue(1);
    }

    private void answerLate(Optional<GpuErrorCode> refusal) throws GpuException {
        driver.refusal = refusal;
        driver.answers = new CountDownLatch(1);

        assertThat(enable()).hasValueSatisfying(standing -> {
            assertThat(standing.condition().orElseThrow().trouble()).isEqualTo(GpuTrouble.MIG_MODE_PENDING);
            assertThat(standing.condition().orElseThrow().note()).contains("is being switched on");
            // A pod that was promised an instance there waits.
            assertThat(standing.hasLeft(GpuMode.MIG)).isFalse();
        });
        now = now.plusSeconds(600);
        assertThat(enable()).isPresent();
        assertThat(enabling.forget(gpu.uuid())).isTrue();
        assertThat(driver.tries).hasValue(1);
        assertThat(lateAnswers).hasValue(0);

        driver.answers.countDown();
        await().untilAsserted(() -> assertThat(lateAnswers).hasValue(1));
    }

    @Test
    void theAnswerOfALateTryIsNotTakenForThatOfTheNext() throws Exception {
        answerLate(Optional.empty());
        machine.reboot();

        assertThat(enable())
                .hasValueSatisfying(standing ->
                        assertThat(standing.condition().orElseThrow().note()).contains("switched off again"));
        await().until(() -> enable().isEmpty());
        assertThat(driver.migMode(gpu.uuid())).isEqualTo(MigMode.ON);
    }

    @Test
    void whatCameOfALateTryIsForgottenWhereNobodyAsksForIt() throws Exception {
        answerLate(Optional.of(GpuErrorCode.IN_USE));
        driver.refusal = Optional.empty();

        assertThat(enabling.forget(gpu.uuid())).isTrue();
        assertThat(enabling.forget(gpu.uuid())).isFalse();

        await().until(() -> enable().isEmpty());
        assertThat(driver.tries).hasValue(2);
    }

    @Test
    void thePauseAfterALateFailureBeginsWhenItIsKnown() throws Exception {
        answerLate(Optional.of(GpuErrorCode.IN_USE));
        assertThat(enable())
                .hasValueSatisfying(standing ->
                        assertThat(standing.condition().orElseThrow().note()).contains("processes run there"));
        driver.refusal = Optional.empty();

        now = now.plusSeconds(4);
        assertThat(enable()).isPresent();
        assertThat(driver.tries).hasValue(1);

        now = now.plusSeconds(1);
        await().until(() -> enable().isEmpty());
        assertThat(driver.tries).hasValue(2);
    }

    /** The standing once the try has ended. */
    private Optional<GpuStanding> settled() {
        return await().until(this::enable, standing -> standing.flatMap(GpuStanding::condition)
                .filter(condition -> condition.note().contains("is being switched on"))
                .isEmpty());
    }

    private Optional<GpuStanding> enable() throws GpuException {
        return enabling.enable(
                gpu, why -> GpuStanding.outOfPool(gpu, GpuTrouble.GPU_UNHEALTHY, String.valueOf(why.getMessage())));
    }
}
