package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ConcurrentMutationTest {

    private static final MigProfile PROFILE = MigProfile.parse("1g.10gb");
    private static final Duration LATENCY = Duration.ofMillis(1);
    private static final MachineSpec SPEC =
            MachineSpec.of("NVIDIA A100-SXM4-80GB:4").withSeed(1);

    @TempDir
    private Path directory;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<SimulatedMachine> machines = new ArrayList<>();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        machines.forEach(SimulatedMachine::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "one machine on a file", "two machines on a file"})
    void differentGpusAreCutAtTheSameTime(String where) throws Exception {
        CyclicBarrier allWaitTogether = new CyclicBarrier(4);
        List<SimulatedGpuDriver> drivers = drivers(where, time -> meet(allWaitTogether));

        List<Callable<GpuInstance>> cuts = new ArrayList<>();
        for (GpuDescription gpu : drivers.getFirst().gpus()) {
            SimulatedGpuDriver driver = drivers.get(gpu.index() % 2);
            cuts.add(() -> driver.createGpuInstance(gpu.uuid(), PROFILE, new Placement(0, 1)));
        }

        assertThat(results(cuts)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "one machine on a file", "two machines on a file"})
    void oneGpuIsCutOnceAtATime(String where) throws Exception {
        Exchanger<Boolean> door = new Exchanger<>();
        AtomicInteger meetings = new AtomicInteger();
        List<SimulatedGpuDriver> drivers = drivers(where, time -> {
            try {
                door.exchange(true, 20, TimeUnit.MILLISECONDS);
                meetings.incrementAndGet();
            } catch (TimeoutException nobodyElseCameIn) {
                return;
            }
        });
        String gpu = drivers.getFirst().gpus().getFirst().uuid();

        List<Callable<GpuInstance>> cuts = new ArrayList<>();
        for (int start = 0; start < 7; start++) {
            SimulatedGpuDriver driver = drivers.get(start % 2);
            Placement place = new Placement(start, 1);
            cuts.add(() -> driver.createGpuInstance(gpu, PROFILE, place));
        }

        assertThat(results(cuts)).hasSize(7);
        assertThat(meetings).hasValue(0);
        assertThat(drivers.getLast().instances(gpu)).hasSize(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "two machines on a file"})
    void ofManyWhoWantOnePlaceOneGetsIt(String where) throws Exception {
        List<SimulatedGpuDriver> drivers = drivers(where, time -> {});
        String gpu = drivers.getFirst().gpus().getFirst().uuid();

        List<Callable<String>> cuts = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            SimulatedGpuDriver driver = drivers.get(i % 2);
            cuts.add(() -> outcomeOf(() -> driver.createGpuInstance(gpu, PROFILE, new Placement(3, 1))));
        }

        assertThat(results(cuts))
                .containsOnlyOnce("done")
                .filteredOn(outcome -> !outcome.equals("done"))
                .hasSize(15)
                .containsOnly(GpuErrorCode.INSUFFICIENT_RESOURCES.name());
    }

    @Test
    void manyThreadsOfTwoMachinesKeepTheFileWhole() throws Exception {
        List<SimulatedGpuDriver> drivers = drivers("two machines on a file", time -> {});
        List<GpuDescription> gpus = drivers.getFirst().gpus();

        List<Callable<Integer>> lives = new ArrayList<>();
        for (int i = 0; i < 28; i++) {
            SimulatedGpuDriver driver = drivers.get(i % 2);
            String gpu = gpus.get(i % 4).uuid();
            Placement place = new Placement(i / 4, 1);
            lives.add(() -> liveAndDie(driver, gpu, place, 10));
        }

        assertThat(results(lives)).hasSize(28).containsOnly(10);
        for (GpuDescription gpu : gpus) {
            assertThat(drivers.getFirst().instances(gpu.uuid())).isEmpty();
        }
    }

    @Test
    void anInterruptWhileWaitingForAGpuLeavesTheLocksInOrder() throws Exception {
        CyclicBarrier inside = new CyclicBarrier(2);
        CyclicBarrier leave = new CyclicBarrier(2);
        List<SimulatedGpuDriver> drivers = drivers("two machines on a file", time -> {
            meet(inside);
            meet(leave);
        });
        SimulatedGpuDriver second = drivers.getLast();
        String gpu = second.gpus().getFirst().uuid();
        Future<GpuInstance> holding =
                threads.submit(() -> drivers.getFirst().createGpuInstance(gpu, PROFILE, new Placement(0, 1)));
        inside.await(1, TimeUnit.MINUTES);

        AtomicReference<String> outcome = new AtomicReference<>();
        Thread waiter = Thread.ofPlatform()
                .start(() -> outcome.set(outcomeOf(() -> second.createGpuInstance(gpu, PROFILE, new Placement(1, 1)))
                        + (Thread.interrupted() ? ", still interrupted" : "")));
        await().until(waiter::getState, Thread.State.TIMED_WAITING::equals);
        waiter.interrupt();
        waiter.join();
        leave.await(1, TimeUnit.MINUTES);

        assertThat(outcome).hasValue("TIMEOUT, still interrupted");
        assertThat(second.instances(gpu)).isSubsetOf(holding.get());
        Future<GpuInstance> next = threads.submit(() -> second.createGpuInstance(gpu, PROFILE, new Placement(1, 1)));
        inside.await(1, TimeUnit.MINUTES);
        leave.await(1, TimeUnit.MINUTES);
        assertThat(second.instances(gpu)).isSubsetOf(holding.get(), next.get());
        assertThat(second.instances(gpu)).hasSize(2);
    }

    private static int liveAndDie(SimulatedGpuDriver driver, String gpu, Placement place, int times)
            throws GpuException {
        int lives = 0;
        for (int i = 0; i < times; i++) {
            GpuInstance instance = driver.createGpuInstance(gpu, PROFILE, place);
            var compute = driver.createComputeInstance(instance);
            driver.destroyComputeInstance(instance, compute);
            driver.destroyGpuInstance(instance);
            lives++;
        }
        return lives;
    }

    private List<SimulatedGpuDriver> drivers(String where, SimulatedGpuDriver.Pause pause) throws GpuException {
        Path file = directory.resolve("gpus.json");
        SimulatedMachine first =
                where.equals("memory") ? SimulatedMachine.inMemory(SPEC) : SimulatedMachine.onFile(file, SPEC);
        machines.add(first);
        SimulatedMachine second = where.startsWith("two") ? SimulatedMachine.onFile(file, SPEC) : first;
        machines.add(second);
        return List.of(first.driver(LATENCY, pause, () -> {}), second.driver(LATENCY, pause, () -> {}));
    }

    private <T> List<T> results(List<Callable<T>> calls) throws InterruptedException, ExecutionException {
        List<T> results = new ArrayList<>();
        for (Future<T> result : threads.invokeAll(calls)) {
            results.add(result.get());
        }
        return results;
    }

    private static String outcomeOf(Mutation mutation) {
        try {
            mutation.run();
            return "done";
        } catch (GpuException e) {
            return e.code().name();
        }
    }

    @FunctionalInterface
    private interface Mutation {
        void run() throws GpuException;
    }

    /** Nobody passes before all are there. */
    private static void meet(CyclicBarrier barrier) throws InterruptedException {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (BrokenBarrierException | TimeoutException e) {
            throw new AssertionError("the others never came", e);
        }
    }
}
