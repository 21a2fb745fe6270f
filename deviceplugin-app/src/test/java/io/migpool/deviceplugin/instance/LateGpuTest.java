package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
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

/** What pods have on a GPU that the driver did not list, or could not read, when the agent started. */
class LateGpuTest {

    private static final Duration TTL = Duration.ofMinutes(10);

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"));
    private final GpuDriver driver = machine.openDriver();
    private final TestClock clock = new TestClock();
    private final InlineInfrastructure inline = new InlineInfrastructure(() -> {}, () -> {});

    @AfterEach
    void close() {
        driver.close();
        machine.close();
    }

    @Test
    void aRunningPodsInstanceIsAtNoTimeNobodys() throws Exception {
        Slice slice = realiseFirstGpu();
        PodClaim claim = PoolRig.claim("a", slice);
        List<String> seen = new ArrayList<>();
        Watched watched = new Watched(inline);
        try (InstancePool pool = withoutFirstGpu(watched)) {
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

    @Test
    void whatAPodHadThatEndsWhileItsGpuIsMissingIsFreeWhenTheGpuComes() throws Exception {
        realiseFirstGpu();
        try (InstancePool pool = withoutFirstGpu(inline)) {
            inline.flush();

            pool.podGone("a", Duration.ZERO);

            assertThat(inline.isPending()).isTrue();
            inline.flush();
            assertThat(inline.load().orElseThrow().instances())
                    .allMatch(instance -> instance.state() == InstanceState.QUARANTINED);
            pool.takeIn(driver.gpus());
            assertThat(states(pool)).containsExactly("IDLE");
        }
    }

    @Test
    void whatContainersMayRunOnWithWhileTheirGpuIsMissingIsNobodysUntilTheyHaveEnded() throws Exception {
        realiseFirstGpu();
        try (InstancePool pool = withoutFirstGpu(inline)) {
            pool.podGone("a", Duration.ofSeconds(40));

            pool.takeIn(driver.gpus());

            assertThat(states(pool)).containsExactly("QUARANTINED");
            clock.forward(Duration.ofSeconds(41));
            pool.sweep().join();
            assertThat(states(pool)).containsExactly("IDLE");
        }
    }

    @Test
    void whatIsStillUsedAfterItsPodEndedWhileItsGpuWasMissingIsKept() throws Exception {
        Slice slice = realiseFirstGpu();
        startProcess(slice);
        try (InstancePool pool = withoutFirstGpu(inline)) {
            pool.podGone("a", Duration.ZERO);

            pool.takeIn(driver.gpus());
            pool.sweep().join();

            assertThat(states(pool)).containsExactly("QUARANTINED");
            assertThat(driver.instances(slice.gpuUuid())).hasSize(1);
        }
    }

    @Test
    void whatTheFileCallsHalfMadeIsKeptIfItIsUsedAfterItsPodEndedWhileItsGpuWasMissing() throws Exception {
        Slice slice = realiseFirstGpu();
        inline.restate(instance -> new MigInstance(
                instance.slice(),
                InstanceState.CREATING,
                new DriverState.Nothing(),
                instance.podUid(),
                instance.since()));
        startProcess(slice);
        try (InstancePool pool = withoutFirstGpu(inline)) {
            pool.podGone("a", Duration.ZERO);

            pool.takeIn(driver.gpus());

            assertThat(states(pool)).containsExactly("QUARANTINED");
            assertThat(driver.instances(slice.gpuUuid())).hasSize(1);
        }
    }

    @Test
    void whatTheFileCallsHalfMadeIsKeptWhileContainersMayRunInItAndItsGpuCannotBeRead() throws Exception {
        Slice slice = realiseFirstGpu();
        inline.restate(instance -> new MigInstance(
                instance.slice(),
                InstanceState.CREATING,
                new DriverState.Nothing(),
                instance.podUid(),
                instance.since()));
        machine.inject(
                slice.gpuUuid(),
                new SimulatedFault("instances", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 1, 0));
        try (InstancePool pool = inline.pool(driver, driver.gpus(), () -> TTL, clock)) {
            pool.start();

            pool.podGone("a", Duration.ofSeconds(40));
            pool.sweep().join();

            assertThat(states(pool)).containsExactly("QUARANTINED");
            assertThat(driver.instances(slice.gpuUuid())).hasSize(1);
            clock.forward(Duration.ofSeconds(41));
            pool.sweep().join();
            assertThat(states(pool)).containsExactly("IDLE");
        }
    }

    @Test
    void aPodThatEndsWhileItsGpuIsTakenInHoldsNothing() throws Exception {
        realiseFirstGpu();
        Watched watched = new Watched(inline);
        try (InstancePool pool = withoutFirstGpu(watched)) {
            Thread ending = new Thread(() -> pool.podGone("a", Duration.ZERO));
            watched.onceRun = () -> {
                ending.start();
                await().until(() ->
                        ending.getState() == Thread.State.WAITING || ending.getState() == Thread.State.TERMINATED);
            };

            pool.takeIn(driver.gpus());

            ending.join();
            assertThat(states(pool)).containsExactly("IDLE");
        }
    }

    /** The pod with uid a has had an instance on the first GPU; returns its slice. */
    private Slice realiseFirstGpu() throws Exception {
        Slice slice = new Slice(driver.gpus().getFirst().uuid(), MigProfile.parse("1g.10gb"), new Placement(0, 1));
        try (InstancePool before = inline.pool(driver, driver.gpus(), () -> TTL, clock)) {
            before.start();
            before.realise(PoolRig.claim("a", slice), TTL, _ -> true).join();
        }
        return slice;
    }

    private InstancePool withoutFirstGpu(PoolInfrastructure infrastructure) throws Exception {
        InstancePool pool = new InstancePool(
                driver, driver.gpus().subList(1, 2), infrastructure, () -> TTL, clock, PoolObserver.NONE);
        pool.start();
        return pool;
    }

    private void startProcess(Slice slice) throws GpuException {
        machine.startProcess(
                driver.instances(slice.gpuUuid())
                        .getFirst()
                        .wholeComputeInstance()
                        .orElseThrow()
                        .migUuid(),
                4711,
                100);
    }

    private static List<String> states(InstancePool pool) {
        return pool.instances().stream()
                .map(instance -> instance.state() + instance.pod().orElse(""))
                .toList();
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
    private static final class Watched implements PoolInfrastructure {

        private final PoolInfrastructure whole;
        private Runnable onceRecovered = () -> {};
        /** Runs after the next task of a GPU, before anybody can do something with its outcome. */
        private Runnable onceRun = () -> {};

        private Watched(PoolInfrastructure whole) {
            this.whole = whole;
        }

        @Override
        public SerialExecutor executor(String gpuUuid) {
            return new Told(whole.executor(gpuUuid));
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

        private final class Told implements SerialExecutor {

            private final SerialExecutor executor;

            private Told(SerialExecutor executor) {
                this.executor = executor;
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
                var _ = executor.submit(task)
                        .handle((result, failure) ->
                                failure == null ? told.complete(result) : told.completeExceptionally(failure));
                Runnable once = onceRun;
                onceRun = () -> {};
                once.run();
                return told;
            }

            @Override
            public int queued() {
                return executor.queued();
            }

            @Override
            public void close() {
                executor.close();
            }
        }
    }
}
