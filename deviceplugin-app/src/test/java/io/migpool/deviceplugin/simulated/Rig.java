package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.List;
import java.util.stream.Stream;

/** A machine in memory with its driver, and words for what tests do with its first GPU. */
record Rig(SimulatedMachine machine, GpuDriver driver, String gpu) implements AutoCloseable {

    static Rig with(String boards) throws GpuException {
        return with(MachineSpec.of(boards).withSeed(1));
    }

    static Rig with(MachineSpec spec) throws GpuException {
        SimulatedMachine machine = SimulatedMachine.inMemory(spec);
        GpuDriver driver = machine.openDriver();
        return new Rig(machine, driver, driver.gpus().getFirst().uuid());
    }

    /** All boards that can be cut. */
    static Stream<Board> migBoards() {
        return BoardCatalogue.load().all().stream()
                .filter(board -> !board.profiles().isEmpty());
    }

    GpuDescription description() throws GpuException {
        return driver.gpus().getFirst();
    }

    GpuInstance cut(String profile, String placement) throws GpuException {
        return cut(MigProfile.parse(profile), at(placement));
    }

    GpuInstance cut(MigProfile profile, Placement placement) throws GpuException {
        return driver.createGpuInstance(gpu, profile, placement);
    }

    /** A GPU instance with the compute instance that takes all of it. */
    GpuInstance cutWhole(String profile, String placement) throws GpuException {
        GpuInstance instance = cut(profile, placement);
        ComputeInstance compute = driver.createComputeInstance(instance);
        return new GpuInstance(
                instance.gpuUuid(), instance.id(), instance.profile(), instance.placement(), List.of(compute));
    }

    void destroy(GpuInstance instance) throws GpuException {
        for (ComputeInstance compute : instance.computeInstances()) {
            driver.destroyComputeInstance(instance, compute);
        }
        driver.destroyGpuInstance(instance);
    }

    List<GpuInstance> instances() throws GpuException {
        return driver.instances(gpu);
    }

    static Placement at(String placement) {
        String[] parts = placement.split(":", -1);
        return new Placement(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public void close() {
        driver.close();
        machine.close();
    }
}
