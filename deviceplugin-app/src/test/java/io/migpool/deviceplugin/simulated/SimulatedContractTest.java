package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriverContract;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLab;
import io.migpool.deviceplugin.gpu.RecoveryAction;

class SimulatedContractTest extends GpuDriverContract {

    @Override
    public GpuLab boot(boolean migEnabled, String... models) {
        SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of(String.join(",", models))
                .withMigEnabled(migEnabled)
                .withSeed(1));
        return new Lab(machine, machine.openDriver());
    }

    private record Lab(SimulatedMachine machine, GpuDriver driver) implements GpuLab {

        @Override
        public void startProcess(String deviceUuid, long pid, long usedMemoryMiB) throws GpuException {
            machine.startProcess(deviceUuid, pid, usedMemoryMiB);
        }

        @Override
        public void endProcess(long pid) throws GpuException {
            machine.endProcess(pid);
        }

        @Override
        public GpuInstance createForeignInstance(
                String gpuUuid, MigProfile profile, Placement placement, int... computeSlices) throws GpuException {
            return machine.createForeignInstance(gpuUuid, profile, placement, computeSlices);
        }

        @Override
        public void loseGpu(String gpuUuid) throws GpuException {
            machine.loseGpu(gpuUuid);
        }

        @Override
        public void resetGpu(String gpuUuid) throws GpuException {
            machine.resetGpu(gpuUuid);
        }

        @Override
        public void raiseXid(String deviceUuid, long xid) throws GpuException {
            machine.raiseXid(deviceUuid, xid);
        }

        @Override
        public void needRecovery(String gpuUuid, RecoveryAction action) throws GpuException {
            machine.needRecovery(gpuUuid, action);
        }

        @Override
        public void close() {
            driver.close();
            machine.close();
        }
    }
}
