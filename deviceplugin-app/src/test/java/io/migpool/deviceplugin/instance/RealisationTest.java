package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RealisationTest {

    @Test
    void oneForWhichTheMachineHasNoThreadFailsAndTheNextOneIsMade() throws Exception {
        AtomicBoolean refused = new AtomicBoolean();
        PoolInfrastructure inline = new InlineInfrastructure(() -> {}, () -> {});
        try (SimulatedMachine machine = SimulatedMachine.inMemory(
                        MachineSpec.of("NVIDIA A100-SXM4-80GB").withSeed(3));
                GpuDriver driver = machine.openDriver();
                InstancePool pool = new InstancePool(
                        driver,
                        driver.gpus(),
                        new OnceOutOfThreads(inline, refused),
                        () -> PoolRig.IDLE_TTL,
                        new TestClock(),
                        PoolObserver.NONE)) {
            pool.start();
            Slice slice = new Slice(driver.gpus().getFirst().uuid(), MigProfile.parse("1g.10gb"), new Placement(0, 1));

            assertThatThrownBy(() -> realise(pool, slice).get(1, TimeUnit.MINUTES))
                    .hasCauseInstanceOf(OutOfMemoryError.class);

            assertThat(realise(pool, slice).get(1, TimeUnit.MINUTES)).containsOnlyKeys(slice);
            assertThat(refused).isTrue();
        }
    }

    private static CompletableFuture<Map<Slice, MigRuntime>> realise(InstancePool pool, Slice slice) {
        return pool.realise(PoolRig.claim("a", slice), Duration.ofMinutes(1), uid -> false);
    }

    /** The first realisation gets no thread. */
    private record OnceOutOfThreads(PoolInfrastructure real, AtomicBoolean refused) implements PoolInfrastructure {

        @Override
        public SerialExecutor executor(String gpuUuid) {
            return real.executor(gpuUuid);
        }

        @Override
        public Executor realisations() {
            return task -> {
                if (refused.compareAndSet(false, true)) {
                    throw new OutOfMemoryError("unable to create native thread");
                }
                real.realisations().execute(task);
            };
        }

        @Override
        public Optional<Ownership> load() throws IOException {
            return real.load();
        }

        @Override
        public OwnershipLog log(Supplier<Ownership> current) {
            return real.log(current);
        }
    }
}
