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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What pods have on a GPU that the driver did not list when the agent started, while it is taken in. */
class LateGpuTest {

    private static final Duration TTL = Duration.ofMinutes(10);

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"));
    private final GpuDriver driver = machine.openDriver();
    private final TestClock clock = new TestClock();
    private final InlineMachinery inline = new InlineMachinery(() -> {}, () -> {});

    @AfterEach
    void close() {
        driver.close();
        machine.close();
    }

    @Test
    void aRunningPodsInstanceIsAtNoTimeNobodys() throws Exception {
        Slice slice = new Slice(driver.gpus().getFirst().uuid(), MigProfile.parse("1g.10gb"), new Placement(0, 1));
        PodClaim claim = PoolRig.claim("a", slice);
        try (InstancePool before = inline.pool(driver, driver.gpus(), () -> TTL, clock)) {
            before.start();
            before.realise(claim, TTL, _ -> true).join();
        }
        List<String> seen = new ArrayList<>();
        Watched watched = new Watched(inline);
        try (InstancePool pool =
                new InstancePool(driver, driver.gpus().subList(1, 2), watched, () -> TTL, clock, PoolObserver.NONE)) {
            pool.start();
            watched.onceRecovered = () -> {
                seen.add(pool.realise(claim, Duration.ZERO, _ -> true)
                        .handle((_, refused) -> refused == null ? "restarts" : String.valueOf(refused.getMessage()))
                        .join());
                seen.add("saved: " + saved(pool));
            };

            pool.takeIn(driver.gpus());
        }
        assertThat(seen).containsExactly("restarts", "saved: [" + slice + "]");
    }

    @Test
    void whatIsTakenInIsSaved() throws Exception {
        try (InstancePool pool = inline.pool(driver, List.of(), () -> TTL, clock)) {
            pool.start();
            inline.flush();

            pool.takeIn(driver.gpus());

            assertThat(inline.isPending()).isTrue();
        }
    }

    private List<Slice> saved(InstancePool pool) {
        try {
            pool.forget("nobody");
        } catch (RealisationException e) {
            throw new AssertionError("the file cannot be written", e);
        }
        return inline.load().stream()
                .flatMap(file -> file.instances().stream())
                .map(MigInstance::slice)
                .toList();
    }

    /** Tells when something that follows a task of a GPU has been done. */
    private static final class Watched implements Machinery {

        private final Machinery whole;
        private Runnable onceRecovered = () -> {};

        private Watched(Machinery whole) {
            this.whole = whole;
        }

        @Override
        public Lane lane(String gpuUuid) {
            return new Told(whole.lane(gpuUuid));
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

        private final class Told implements Lane {

            private final Lane lane;

            private Told(Lane lane) {
                this.lane = lane;
            }

            @Override
            public <T> CompletableFuture<T> submit(Callable<T> task) {
                CompletableFuture<T> told = new CompletableFuture<>() {
                    @Override
                    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
                        CompletableFuture<T> after = super.whenComplete(action);
                        Runnable once = onceRecovered;
                        onceRecovered = () -> {};
                        once.run();
                        return after;
                    }
                };
                var _ = lane.submit(task)
                        .handle((result, failure) ->
                                failure == null ? told.complete(result) : told.completeExceptionally(failure));
                return told;
            }

            @Override
            public int queued() {
                return lane.queued();
            }

            @Override
            public void close() {
                lane.close();
            }
        }
    }
}
