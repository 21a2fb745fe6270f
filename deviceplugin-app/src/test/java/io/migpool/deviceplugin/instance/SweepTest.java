package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The regular look at all GPUs. */
class SweepTest {

    private static final Duration TTL = Duration.ofMinutes(10);

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"));
    private final GpuDriver driver = machine.openDriver();
    private final TestClock clock = new TestClock();
    private final Hanging hanging = new Hanging(new InlineInfrastructure(() -> {}, () -> {}));

    @AfterEach
    void close() {
        driver.close();
        machine.close();
    }

    @Test
    void aGpuThatHangsIsAskedOnceAndDelaysNoOther() throws Exception {
        String sick = driver.gpus().get(0).uuid();
        Slice slice = new Slice(driver.gpus().get(1).uuid(), MigProfile.parse("1g.10gb"), new Placement(0, 1));
        try (InstancePool pool =
                new InstancePool(driver, driver.gpus(), hanging, () -> TTL, clock, PoolObserver.NONE)) {
            pool.start();
            pool.realise(PoolRig.claim("a", slice), TTL, _ -> true).join();
            pool.podGone("a", Duration.ofSeconds(40));
            hanging.gpus.add(sick);

            pool.sweepSoon();
            pool.sweepSoon();
            assertThat(states(pool)).containsExactly(InstanceState.QUARANTINED);
            clock.forward(Duration.ofSeconds(41));
            pool.sweepSoon();

            assertThat(states(pool)).containsExactly(InstanceState.IDLE);
            assertThat(hanging.pending).hasSize(1);
            hanging.pending.getFirst().run();
            pool.sweepSoon();
            assertThat(hanging.pending).hasSize(2);
        }
    }

    private static List<InstanceState> states(InstancePool pool) {
        return pool.instances().stream().map(MigInstance::state).toList();
    }

    /** Some GPUs do what they are asked only when the test says so. */
    private static final class Hanging implements PoolInfrastructure {

        private final PoolInfrastructure whole;
        private final Set<String> gpus = new HashSet<>();
        private final List<Runnable> pending = new ArrayList<>();

        private Hanging(PoolInfrastructure whole) {
            this.whole = whole;
        }

        @Override
        public SerialExecutor executor(String gpuUuid) {
            SerialExecutor executor = whole.executor(gpuUuid);
            return new SerialExecutor() {
                @Override
                public <T> CompletableFuture<T> submit(Callable<T> task) {
                    if (!gpus.contains(gpuUuid)) {
                        return executor.submit(task);
                    }
                    CompletableFuture<T> later = new CompletableFuture<>();
                    pending.add(() -> {
                        var _ = executor.submit(task).thenAccept(later::complete);
                    });
                    return later;
                }

                @Override
                public int queued() {
                    return pending.size();
                }

                @Override
                public void close() {
                    executor.close();
                }
            };
        }

        @Override
        public Executor realisations() {
            return whole.realisations();
        }

        @Override
        public Optional<Ownership> load() throws IOException {
            return whole.load();
        }

        @Override
        public OwnershipLog log(Supplier<Ownership> current) {
            return whole.log(current);
        }
    }
}
