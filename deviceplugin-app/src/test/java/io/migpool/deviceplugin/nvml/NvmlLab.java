package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLab;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.List;

/** The adapter on the stand-in library. */
record NvmlLab(FakeDriver fake, GpuDriver driver) implements GpuLab {

    private static final int COMPUTE = 1;
    private static final long BYTES_PER_MIB = 1024L * 1024;

    @Override
    public void startProcess(String deviceUuid, long pid, long usedMemoryMiB) throws GpuException {
        startProcess(deviceUuid, pid, COMPUTE, usedMemoryMiB * BYTES_PER_MIB);
    }

    /** The same with the kinds of context that it has: a sum of 1 compute, 2 graphics, 4 MPS. */
    void startProcess(String deviceUuid, long pid, int kinds, long bytes) throws GpuException {
        Device device = device(deviceUuid);
        fake.hooks().fake_start(device.gpu(), (int) pid, device.gpuInstance(), device.computeInstance(), kinds, bytes);
    }

    @Override
    public void raiseXid(String deviceUuid, long xid) throws GpuException {
        Device device = device(deviceUuid);
        fake.hooks().fake_event(device.gpu(), EventCalls.XID, xid, device.gpuInstance(), device.computeInstance());
    }

    @Override
    public void needRecovery(String gpuUuid, RecoveryAction action) throws GpuException {
        fake.hooks().fake_recovery(index(gpuUuid), DeviceCalls.RECOVERY_ACTIONS.indexOf(action));
    }

    /** A GPU or a MIG device by what the library knows it by; -1 for no instance. */
    private record Device(int gpu, int gpuInstance, int computeInstance) {}

    private Device device(String uuid) throws GpuException {
        for (GpuDescription gpu : driver.gpus()) {
            if (gpu.uuid().equals(uuid)) {
                return new Device(gpu.index(), -1, -1);
            }
            List<GpuInstance> instances = uuid.startsWith("MIG-") ? driver.instances(gpu.uuid()) : List.of();
            for (GpuInstance instance : instances) {
                for (ComputeInstance compute : instance.computeInstances()) {
                    if (compute.migUuid().equals(uuid)) {
                        return new Device(gpu.index(), instance.id(), compute.id());
                    }
                }
            }
        }
        throw new GpuException(GpuErrorCode.NOT_FOUND, "device", uuid, "no device has that UUID");
    }

    @Override
    public void endProcess(long pid) {
        fake.hooks().fake_end((int) pid);
    }

    @Override
    public GpuInstance createForeignInstance(
            String gpuUuid, MigProfile profile, Placement placement, int... computeSlices) throws GpuException {
        int id = fake.hooks()
                .fake_foreign(
                        index(gpuUuid),
                        profile.toString(),
                        placement.start(),
                        computeSlices.length > 0 ? computeSlices[0] : 0,
                        computeSlices.length > 1 ? computeSlices[1] : 0);
        return driver.instances(gpuUuid).stream()
                .filter(instance -> instance.id() == id)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void loseGpu(String gpuUuid) throws GpuException {
        fake.hooks().fake_lose(index(gpuUuid), 1);
    }

    @Override
    public void resetGpu(String gpuUuid) throws GpuException {
        fake.hooks().fake_reset(index(gpuUuid));
    }

    private int index(String gpuUuid) throws GpuException {
        return driver.gpus().stream()
                .filter(gpu -> gpu.uuid().equals(gpuUuid))
                .mapToInt(GpuDescription::index)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        driver.close();
    }
}
