package io.migpool.deviceplugin.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a GPU is unfit for new pods, and when it is fit again. */
class GpuHealthTest {

    private static final Duration QUIET = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA H100 80GB HBM3:2"));
    private final GpuDriver driver = machine.openDriver();
    private final Map<String, Optional<RecoveryAction>> needs = new HashMap<>();
    private final Map<String, GpuException> failures = new HashMap<>();
    private final FakeCluster cluster = new FakeCluster();
    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private List<GpuDescription> gpus;
    private String sick;
    private String other;
    private InstancePool pool;
    private GpuHealth health;

    @BeforeEach
    void open() throws Exception {
        gpus = driver.gpus();
        sick = gpus.get(0).uuid();
        other = gpus.get(1).uuid();
        pool = new InstancePool(
                driver,
                List.of(),
                new OwnershipFile(directory),
                () -> QUIET,
                InstantSource.system(),
                PoolObserver.NONE);
        health = healthWith(HealthChecks.of("", ""));
    }

    private GpuHealth healthWith(HealthChecks checks) {
        return new GpuHealth(
                this::ask, pool, new HealthSettings(checks, QUIET), cluster, HealthObserver.NONE, () -> now);
    }

    @AfterEach
    void close() {
        pool.close();
        driver.close();
        machine.close();
    }

    private Optional<RecoveryAction> ask(String gpuUuid) throws GpuException {
        GpuException failure = failures.get(gpuUuid);
        if (failure != null) {
            throw failure;
        }
        return needs.getOrDefault(gpuUuid, Optional.of(RecoveryAction.NONE));
    }

    private void xid(long number) {
        health.happened(new GpuEvent.Xid(sick, number, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE));
    }

    private void pass(Duration time) {
        now = now.plus(time);
        for (GpuDescription gpu : gpus) {
            try {
                health.examine(gpu.uuid());
            } catch (GpuException e) {
                assertThat(e.code()).isEqualTo(GpuErrorCode.TIMEOUT);
            }
        }
    }

    @Test
    void anXidIsOverWhenNothingHasToBeDoneAndNoneCameForAWhile() {
        xid(79);
        assertThat(health.ailment(sick)).get().asString().contains("Xid 79");
        assertThat(health.ailment(other)).isEmpty();

        pass(QUIET.minusSeconds(1));
        xid(79);
        pass(QUIET.minusSeconds(1));
        assertThat(health.ailment(sick)).isPresent();
        pass(Duration.ofSeconds(1));

        assertThat(health.ailment(sick)).isEmpty();
    }

    @Test
    void whatADriverWantsDoneLastsUntilItIsDone() {
        needs.put(sick, Optional.of(RecoveryAction.NODE_REBOOT));
        xid(95);
        pass(QUIET.multipliedBy(10));
        assertThat(health.ailment(sick))
                .get()
                .asString()
                .contains("NODE_REBOOT, after Xid 95", "drain the node and reboot it");

        needs.put(sick, Optional.of(RecoveryAction.NONE));
        pass(Duration.ZERO);

        assertThat(health.ailment(sick)).isEmpty();
    }

    @Test
    void withoutThatKnowledgeAnXidLastsUntilTheGpuWasAwayAndIsBack() {
        needs.put(sick, Optional.empty());
        xid(48);
        pass(QUIET.multipliedBy(100));
        assertThat(health.ailment(sick)).isPresent();

        failures.put(sick, new GpuException(GpuErrorCode.GPU_LOST, "recoveryAction", sick, "reset"));
        pass(QUIET);
        assertThat(health.ailment(sick)).get().asString().contains("GPU_LOST");
        failures.clear();
        pass(Duration.ofSeconds(2));

        assertThat(health.ailment(sick)).isEmpty();
    }

    @Test
    void aGpuThatDoesNotAnswerIsUnfitWithoutAnyEventAndAlone() {
        failures.put(sick, new GpuException(GpuErrorCode.TIMEOUT, "recoveryAction", sick, "no answer"));
        pass(Duration.ofSeconds(2));
        assertThat(health.ailment(sick)).get().asString().contains("no answer");
        assertThat(health.ailment(other)).isEmpty();

        failures.clear();
        pass(Duration.ofSeconds(2));
        assertThat(health.ailment(sick)).isEmpty();
    }

    @Test
    void whatProgramsCauseIsNotHeldAgainstTheGpu() {
        xid(31);
        assertThat(health.ailment(sick)).isEmpty();

        health = healthWith(HealthChecks.of("", "31"));
        xid(31);
        assertThat(health.ailment(sick)).isPresent();
    }

    @Test
    void withTheChecksOffOnlyAGpuThatDoesNotAnswerIsUnfit() {
        health = healthWith(HealthChecks.of("all", ""));
        needs.put(sick, Optional.of(RecoveryAction.GPU_RESET));
        xid(79);
        pass(Duration.ZERO);
        assertThat(health.ailment(sick)).isEmpty();

        failures.put(sick, new GpuException(GpuErrorCode.GPU_LOST, "recoveryAction", sick, "gone"));
        pass(Duration.ZERO);
        assertThat(health.ailment(sick)).isPresent();
    }
}
