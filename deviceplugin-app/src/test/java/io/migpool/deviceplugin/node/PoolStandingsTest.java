package io.migpool.deviceplugin.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.DeviceSettings;
import io.migpool.config.NodeConfig;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.health.GpuHealth;
import io.migpool.deviceplugin.health.GpuLooks;
import io.migpool.deviceplugin.health.HealthChecks;
import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.health.HealthSettings;
import io.migpool.deviceplugin.instance.InlineInfrastructure;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.reservation.SharingSettings;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A GPU whose switch to MIG mode ends only after something else has been decided, or has happened to it. */
class PoolStandingsTest {

    private final SimulatedMachine machine =
            SimulatedMachine.inMemory(MachineSpec.of("NVIDIA H100 80GB HBM3").withMigEnabled(false));
    private final ReluctantDriver driver = new ReluctantDriver(machine.openDriver());
    private final InstantSource clock = InstantSource.fixed(Instant.EPOCH);
    private final AtomicInteger lateAnswers = new AtomicInteger();
    private final MigEnabling enabling =
            new MigEnabling(driver, Duration.ofMillis(50), lateAnswers::incrementAndGet, clock);
    private InstancePool pool;
    private GpuDescription gpu;
    private PoolStandings standings;

    @BeforeEach
    void open() throws Exception {
        gpu = driver.gpus().getFirst();
        FakeCluster cluster = new FakeCluster();
        pool = new InlineInfrastructure(() -> {}, () -> {}).pool(driver, driver.gpus(), () -> Duration.ZERO, clock);
        pool.start();
        ClaimReader claims = new ClaimReader(
                ReservedPod.NODE, () -> DeviceSettings.DEFAULT, new ReservedSlices(List.of(), List::of));
        standings = new PoolStandings(
                driver,
                pool,
                new GpuHealth(
                        _ -> Optional.empty(),
                        pool,
                        new HealthSettings(HealthChecks.of("", ""), Duration.ZERO),
                        cluster,
                        HealthObserver.NONE,
                        clock),
                new LabelDrivenGpus(pool, cluster, claims, _ -> false),
                enabling,
                _ -> Optional.empty());
    }

    @AfterEach
    void close() {
        enabling.close();
        pool.close();
        driver.close();
        machine.close();
    }

    @Test
    void aGpuIsNotSharedBeforeTheSwitchThatIsNoLongerWantedHasEnded() throws GpuException {
        begin();

        assertThat(trouble(GpuMode.HAMI_CORE, MigMode.OFF)).contains(GpuTrouble.MIG_MODE_PENDING);
        end();
        assertThat(trouble(GpuMode.HAMI_CORE, MigMode.OFF))
                .as("what a look saw that was made before")
                .contains(GpuTrouble.MIG_MODE_PENDING);
        assertThat(trouble(GpuMode.HAMI_CORE, driver.migMode(gpu.uuid()))).contains(GpuTrouble.MIG_MODE_STILL_ON);
    }

    @Test
    void aGpuIsSharedOnceTheSwitchThatIsNoLongerWantedHasFailed() throws GpuException {
        driver.refusal = Optional.of(GpuErrorCode.IN_USE);
        begin();
        end();

        assertThat(trouble(GpuMode.HAMI_CORE, MigMode.OFF)).contains(GpuTrouble.MIG_MODE_PENDING);
        GpuStanding shared = standing(GpuMode.HAMI_CORE, driver.migMode(gpu.uuid()));

        assertThat(shared.condition()).isEmpty();
        assertThat(shared.offer())
                .hasValueSatisfying(offer -> assertThat(offer.healthy()).isTrue());
    }

    @Test
    void aSwitchWhoseEndWasSeenOnTheGpuIsNotTakenForOneThatIsWantedLater() throws GpuException {
        begin();
        end();
        assertThat(trouble(GpuMode.MIG, driver.migMode(gpu.uuid()))).isEmpty();

        machine.reboot();

        List<String> told = new ArrayList<>();
        await().until(() -> {
            Optional<GpuCondition> condition =
                    standing(GpuMode.MIG, MigMode.OFF).condition();
            condition.ifPresent(present -> told.add(present.note()));
            return condition.isEmpty();
        });
        assertThat(told).allSatisfy(note -> assertThat(note).contains("is being switched on"));
        assertThat(driver.tries).hasValue(2);
    }

    /** On Ampere, {@code nvidia-smi -mig 0} alone changes nothing yet. */
    @Test
    void whereMigModeIsSwitchedOffAlreadyOnlyTheResetIsAskedFor() {
        assertThat(standing(GpuMode.HAMI_CORE, MigMode.ON).condition())
                .hasValueSatisfying(still -> assertThat(still.note()).contains("-mig 0"));

        assertThat(standing(GpuMode.HAMI_CORE, new MigMode(true, false)).condition())
                .hasValueSatisfying(pending -> {
                    assertThat(pending.trouble()).isEqualTo(GpuTrouble.GPU_RESET_REQUIRED);
                    assertThat(pending.note())
                            .contains("--gpu-reset -i " + gpu.uuid(), "reboot")
                            .doesNotContain("-mig 0");
                });
    }

    private void begin() {
        driver.answers = new CountDownLatch(1);
        assertThat(trouble(GpuMode.MIG, MigMode.OFF)).contains(GpuTrouble.MIG_MODE_PENDING);
    }

    private void end() {
        driver.answers.countDown();
        await().untilAsserted(() -> assertThat(lateAnswers).hasValue(1));
    }

    private Optional<GpuTrouble> trouble(GpuMode wanted, MigMode seen) {
        return standing(wanted, seen).condition().map(GpuCondition::trouble);
    }

    private GpuStanding standing(GpuMode wanted, MigMode seen) {
        return standings.standing(
                new GpuLooks.Sight(gpu, new GpuLooks.Seen.Mode(seen)),
                new GpuPlan(NodeConfig.of(ReservedPod.NODE, wanted), true, SharingSettings.DEFAULT));
    }
}
