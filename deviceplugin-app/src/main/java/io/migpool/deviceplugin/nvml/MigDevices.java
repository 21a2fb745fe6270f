package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuProcess;
import java.util.ArrayList;
import java.util.List;

/**
 * The MIG devices of one GPU for the time of one call of the port. Enumerated at most once, and only on demand: on a
 * busy machine this has been seen to take seconds.
 */
final class MigDevices {

    private static final String MIG_UUID = "MIG-";

    private final DeviceCalls nvml;
    private final MigCalls mig;
    private final Handle.Device gpu;
    private final List<Entry> walked = new ArrayList<>();
    private boolean complete;

    MigDevices(DeviceCalls nvml, MigCalls mig, Handle.Device gpu) {
        this.nvml = nvml;
        this.mig = mig;
        this.gpu = gpu;
    }

    /** A MIG device and the instances under it. */
    record Entry(Handle.Device device, int gpuInstanceId, int computeInstanceId) {

        /** Returns a process of this device with its instance ids, which its entry may lack. */
        GpuProcess placed(GpuProcess process) {
            return process.gpuInstanceId() == GpuProcess.NO_INSTANCE
                    ? new GpuProcess(process.pid(), gpuInstanceId, computeInstanceId, process.usedMemoryMiB())
                    : process;
        }
    }

    /**
     * Returns the UUID of a compute instance's MIG device. The compute instance names a device: with some drivers the
     * MIG device, as its UUID shows, with others the GPU (according to the header), so that the devices have to be
     * enumerated.
     */
    String uuid(int gpuInstanceId, MigCalls.ComputeInfo compute) throws NvmlException {
        if (compute.device().isPresent()) {
            String uuid = nvml.uuid(compute.device().get());
            if (uuid.startsWith(MIG_UUID)) {
                return uuid;
            }
        }
        for (Entry entry : all()) {
            if (entry.gpuInstanceId == gpuInstanceId && entry.computeInstanceId == compute.id()) {
                return nvml.uuid(entry.device);
            }
        }
        throw new NvmlException("nvmlDeviceGetMigDeviceHandleByIndex", ReturnCode.NOT_FOUND.number());
    }

    List<Entry> all() throws NvmlException {
        if (!complete) {
            int most = mig.maxMigDevices(gpu);
            for (int index = 0; index < most; index++) {
                try {
                    Handle.Device device = mig.migDevice(gpu, index);
                    walked.add(new Entry(device, mig.gpuInstanceId(device), mig.computeInstanceId(device)));
                } catch (NvmlException e) {
                    if (e.code() != ReturnCode.NOT_FOUND) {
                        throw e;
                    }
                }
            }
            complete = true;
        }
        return walked;
    }
}
