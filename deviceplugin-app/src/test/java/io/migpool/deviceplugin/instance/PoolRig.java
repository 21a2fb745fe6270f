package io.migpool.deviceplugin.instance;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.AwaitedGpuDriver;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A pool on simulated GPUs that can be stopped and started again on the same ownership file. */
final class PoolRig implements AutoCloseable {

    static final Duration IDLE_TTL = Duration.ofMinutes(10);

    final SimulatedMachine machine;
    final TestClock clock = new TestClock();
    final Path directory;
    /** Pods that are said to run on. */
    final Set<String> staying = ConcurrentHashMap.newKeySet();

    Duration limit = Duration.ofMinutes(1);
    private GpuDriver driver;
    private InstancePool pool;

    PoolRig(Path directory, String boards, long seed) throws GpuException, IOException {
        this.directory = directory;
        this.machine = SimulatedMachine.inMemory(MachineSpec.of(boards).withSeed(seed));
        this.driver = machine.openDriver();
        this.pool = open();
    }

    private InstancePool open() throws GpuException, IOException {
        return open(driver.gpus());
    }

    private InstancePool open(List<GpuDescription> gpus) throws IOException {
        InstancePool opened =
                new InstancePool(driver, gpus, new OwnershipFile(directory), () -> IDLE_TTL, clock, PoolObserver.NONE);
        opened.start();
        return opened;
    }

    InstancePool pool() {
        return pool;
    }

    void restart() throws GpuException, IOException {
        pool.close();
        driver.close();
        driver = machine.openDriver();
        pool = open();
    }

    /** As {@link #restart}, and the driver does not list the first GPU. */
    void restartWithoutFirstGpu() throws GpuException, IOException {
        pool.close();
        driver.close();
        driver = machine.openDriver();
        pool = open(driver.gpus().subList(1, driver.gpus().size()));
    }

    /** As {@link #restart}, and the driver lists no GPU and does not tell the boot, until {@link #takeInAll}. */
    void restartWithoutBoot() throws GpuException, IOException {
        pool.close();
        driver.close();
        driver = new AwaitedGpuDriver(machine::openDriver);
        pool = open();
    }

    /** The driver lists all GPUs from now on, and the pool has read them. */
    void takeInAll() throws GpuException {
        driver.lookForMore();
        pool.takeIn(driver.gpus());
        sweep();
    }

    String gpu(int index) throws GpuException {
        return driver.gpus().get(index).uuid();
    }

    Slice slice(String profile, int start, int size) throws GpuException {
        return new Slice(gpu(0), MigProfile.parse(profile), new Placement(start, size));
    }

    static PodClaim claim(String uid, Slice... slices) {
        List<ClaimedDevice> devices =
                Arrays.stream(slices).<ClaimedDevice>map(ClaimedDevice.Mig::new).toList();
        return new PodClaim(uid, "default", "pod-" + uid, List.of(new ContainerClaim("main", 0, false, true, devices)));
    }

    Map<Slice, MigRuntime> realise(String uid, Slice... slices) throws Exception {
        try {
            return pool.realise(claim(uid, slices), limit, staying::contains).get(2, TimeUnit.MINUTES);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RealisationException cause ? cause : e;
        }
    }

    String migUuid(String uid, Slice slice) throws Exception {
        MigRuntime runtime = realise(uid, slice).get(slice);
        if (runtime == null) {
            throw new IllegalStateException("no identity for " + slice);
        }
        return runtime.migUuid();
    }

    /** Ends a pod and waits until the pool has taken note. */
    void end(String uid) {
        pool.podGone(uid, Duration.ZERO);
        sweep();
    }

    void sweep() {
        pool.sweep().orTimeout(10, TimeUnit.SECONDS).exceptionally(_ -> null).join();
    }

    /** {@code 1g.10gb@0:1 ACTIVE uid} for every instance that the pool knows. */
    List<String> known() {
        return pool.instances().stream()
                .map(i -> i.slice().profile() + "@" + i.slice().placement() + " " + i.state()
                        + i.pod().map(uid -> " " + uid).orElse(""))
                .toList();
    }

    List<GpuInstance> real() throws GpuException {
        return machine.snapshot().gpus().stream()
                .flatMap(gpu -> gpu.instances().stream())
                .toList();
    }

    @Override
    public void close() {
        pool.close();
        driver.close();
        machine.close();
    }
}
