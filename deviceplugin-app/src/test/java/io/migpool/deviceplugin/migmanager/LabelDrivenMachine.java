package io.migpool.deviceplugin.migmanager;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.featurelabels.DescribedGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.util.ArrayList;
import java.util.List;

/** Boards that are cut for labels to tell. */
public record LabelDrivenMachine(SimulatedMachine machine, GpuDriver driver) implements AutoCloseable {

    public static LabelDrivenMachine of(String boards) {
        SimulatedMachine machine = SimulatedMachine.inMemory(
                MachineSpec.of(boards).withMigEnabled(false).withSeed(5));
        return new LabelDrivenMachine(machine, machine.openDriver());
    }

    public GpuDescription board(int index) throws GpuException {
        return driver.gpus().get(index);
    }

    /**
     * Cuts {@code 1g.10gb@0 3g.40gb@4}, starts behind the profiles, {@code 3g.40gb@4/2/1} in parts; nothing is MIG mode
     * without instances.
     */
    public void cut(int index, String layout) throws GpuException {
        GpuDescription board = board(index);
        driver.enableMig(board.uuid());
        for (String piece : layout.isBlank() ? new String[0] : layout.split(" ", -1)) {
            String[] parts = piece.split("/", -1);
            int at = piece.indexOf('@');
            MigProfile profile = MigProfile.parse(piece.substring(0, at));
            int size = board.profile(profile).orElseThrow().size();
            GpuInstance instance = driver.createGpuInstance(
                    board.uuid(), profile, new Placement(Integer.parseInt(parts[0].substring(at + 1)), size));
            for (int i = 1; i < parts.length; i++) {
                driver.createComputeInstance(instance, Integer.parseInt(parts[i]));
            }
            if (parts.length == 1) {
                driver.createComputeInstance(instance);
            }
        }
    }

    /** Takes all instances of a GPU away. */
    public void clear(int index) throws GpuException {
        for (GpuInstance instance : driver.instances(board(index).uuid())) {
            driver.destroyComputeInstance(instance, instance.computeInstances().getFirst());
            driver.destroyGpuInstance(instance);
        }
    }

    public List<DescribedGpu> gpus() throws GpuException {
        List<DescribedGpu> gpus = new ArrayList<>();
        for (GpuDescription board : driver.gpus()) {
            gpus.add(DescribedGpu.read(driver, board));
        }
        return gpus;
    }

    @Override
    public void close() {
        driver.close();
        machine.close();
    }
}
