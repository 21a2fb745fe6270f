package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.nvml.NvmlStructs.Utilization;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One call of the port on one GPU, with fresh handles that are valid only for it. It only reads; callers may change
 * what it finds.
 */
final class GpuVisit {

    private final String call;
    private final NvmlGpu gpu;
    private final Handle.Device device;
    private final MigMode mode;
    private final MigDevices migDevices;

    GpuVisit(String call, NvmlGpu gpu, Handle.Device device, MigMode mode, MigDevices migDevices) {
        this.call = call;
        this.gpu = gpu;
        this.device = device;
        this.mode = mode;
        this.migDevices = migDevices;
    }

    /** A GPU instance that was found, with its handle. */
    record Found(Handle.GpuInstance handle, GpuInstance instance, OfferedProfile offered) {}

    Handle.Device device() {
        return device;
    }

    MigMode mode() {
        return mode;
    }

    ProfileTable table() throws NvmlException {
        return gpu.table(device, mode.enabled());
    }

    /** Returns all instances by id, with their compute instances. */
    List<GpuInstance> instances() throws NvmlException {
        if (!mode.enabled()) {
            return List.of();
        }
        List<GpuInstance> all = new ArrayList<>();
        for (OfferedProfile offered : table().all()) {
            for (Handle.GpuInstance handle : gpu.mig()
                    .instances(device, offered.id(), offered.capability().maxInstances())) {
                MigCalls.InstanceInfo info = gpu.mig().info(handle);
                requireSame(offered, info);
                all.add(new GpuInstance(
                        gpu.uuid(),
                        info.id(),
                        offered.profile(),
                        info.placement(),
                        computeInstances(handle, info.id(), offered)));
            }
        }
        all.sort(Comparator.comparingInt(GpuInstance::id));
        return all;
    }

    /** Fails if a listed handle has come to stand for another instance, so that reading starts again. */
    private void requireSame(OfferedProfile listed, MigCalls.InstanceInfo info) throws NvmlException {
        boolean another = !info.profileId().equals(listed.id())
                && table().find(info.profileId()).isPresent();
        if (another) {
            throw new NvmlException("nvmlGpuInstanceGetInfo", ReturnCode.INVALID_ARGUMENT.number());
        }
    }

    private List<ComputeInstance> computeInstances(Handle.GpuInstance instance, int id, OfferedProfile offered)
            throws NvmlException {
        List<ComputeInstance> all = new ArrayList<>();
        for (ComputeProfile profile : gpu.computeProfiles(instance, offered.id())) {
            for (Handle.ComputeInstance handle : gpu.mig().computeInstances(instance, profile)) {
                all.add(describe(id, offered, gpu.mig().info(handle), profile.slices()));
            }
        }
        all.sort(Comparator.comparingInt(ComputeInstance::id));
        return all;
    }

    /** Returns a compute instance with this many slices as the port describes it. */
    ComputeInstance describe(int instanceId, OfferedProfile offered, MigCalls.ComputeInfo info, int slices)
            throws NvmlException {
        return new ComputeInstance(info.id(), part(offered, slices), migDevices.uuid(instanceId, info));
    }

    private static MigProfile part(OfferedProfile offered, int slices) {
        MigProfile whole = offered.profile();
        return slices >= offered.capability().sliceCount() ? whole : whole.withComputeSlices(slices);
    }

    /** Fails while MIG mode is not on. */
    void requireMigMode() throws GpuException {
        if (gpu.migSupport() == MigSupport.NONE) {
            throw gpu.refusal(GpuErrorCode.NOT_SUPPORTED, call, gpu.model() + " has no MIG");
        }
        if (!mode.enabled()) {
            throw mode.pending()
                    ? gpu.refusal(GpuErrorCode.RESET_REQUIRED, call, "MIG mode is pending")
                    : gpu.refusal(GpuErrorCode.NOT_SUPPORTED, call, "MIG mode is off");
        }
    }

    /** Returns the instance that a caller means; another one with the same id does not count. */
    Found find(GpuInstance described) throws NvmlException, GpuException {
        requireMigMode();
        try {
            Handle.GpuInstance handle = gpu.mig().instance(device, described.id());
            MigCalls.InstanceInfo info = gpu.mig().info(handle);
            Optional<OfferedProfile> offered = table().find(info.profileId());
            if (info.id() == described.id()
                    && offered.isPresent()
                    && offered.get().profile().equals(described.profile())
                    && info.placement().equals(described.placement())) {
                return new Found(handle, described, offered.get());
            }
        } catch (NvmlException e) {
            throw gone(e, described);
        }
        throw gpu.refusal(GpuErrorCode.NOT_FOUND, call, described + " is gone");
    }

    /** Returns the compute instance that a caller means, by id and UUID. */
    Handle.ComputeInstance find(Found found, ComputeInstance described) throws NvmlException, GpuException {
        String subject =
                "compute instance %d (%s) of %s".formatted(described.id(), described.migUuid(), found.instance);
        try {
            Handle.ComputeInstance handle = gpu.mig().computeInstance(found.handle, described.id());
            MigCalls.ComputeInfo info = gpu.mig().info(handle);
            if (info.id() == described.id()
                    && migDevices.uuid(found.instance.id(), info).equals(described.migUuid())) {
                return handle;
            }
        } catch (NvmlException e) {
            throw gone(e, subject);
        }
        throw gpu.refusal(GpuErrorCode.NOT_FOUND, call, subject + " is gone");
    }

    /**
     * Converts a failure on an instance: a handle that became invalid between two calls is an invalid argument to the
     * library, but to the caller an instance that no longer exists.
     */
    GpuException gone(NvmlException e, Object subject) {
        GpuErrorCode code = e.code() == ReturnCode.INVALID_ARGUMENT
                ? GpuErrorCode.NOT_FOUND
                : e.code().errorCode();
        return e.toGpuException(code, call, gpu.uuid(), subject);
    }

    /** Returns the processes on the GPU and on its MIG devices. */
    List<GpuProcess> processes() throws NvmlException {
        ProcessList processes = new ProcessList();
        processes.add(gpu.processesOn(device));
        if (mode.enabled()) {
            for (MigDevices.Entry entry : migDevices.all()) {
                processes.add(gpu.processesOn(entry.device()).stream()
                        .map(entry::placed)
                        .toList());
            }
        }
        return processes.byPid();
    }

    /** Returns the present usage of the GPU and of each MIG device. */
    GpuUsage usage() throws NvmlException {
        DeviceCalls nvml = gpu.nvml();
        Optional<Utilization> rates = nvml.utilization(device);
        List<GpuUsage.InstanceUsage> instances = new ArrayList<>();
        for (MigDevices.Entry entry : mode.enabled() ? migDevices.all() : List.<MigDevices.Entry>of()) {
            GpmCalls.Rates done = gpu.ratesOf(device, entry.gpuInstanceId());
            instances.add(new GpuUsage.InstanceUsage(
                    entry.gpuInstanceId(),
                    entry.computeInstanceId(),
                    nvml.memoryOfInstance(entry.device()),
                    done.smPercent(),
                    done.memoryBandwidthPercent()));
        }
        gpu.keepSamplesOf(instances);
        return new GpuUsage(
                nvml.memoryOfItsOwn(device),
                rates.map(percent -> OptionalDouble.of(percent.gpu)).orElse(OptionalDouble.empty()),
                rates.map(percent -> OptionalDouble.of(percent.memory)).orElse(OptionalDouble.empty()),
                instances);
    }

    Map<MigProfile, GpuFeatures.Engines> engines() throws NvmlException {
        return table().engines();
    }

    /** Returns the features of the GPU and its MIG devices. */
    GpuFeatures features() throws NvmlException {
        List<GpuFeatures.DeviceFeatures> devices = new ArrayList<>();
        for (MigDevices.Entry entry : mode.enabled() ? migDevices.all() : List.<MigDevices.Entry>of()) {
            gpu.mig()
                    .attributes(entry.device())
                    .map(told -> new GpuFeatures.DeviceFeatures(
                            entry.gpuInstanceId(),
                            entry.computeInstanceId(),
                            told.multiprocessorCount,
                            new GpuFeatures.Engines(
                                    told.sharedCopyEngineCount,
                                    told.sharedDecoderCount,
                                    told.sharedEncoderCount,
                                    told.sharedJpegCount,
                                    told.sharedOfaCount),
                            told.memorySizeMB))
                    .ifPresent(devices::add);
        }
        return new GpuFeatures(gpu.nvml().computeCapability(device), gpu.pciClass(), devices);
    }
}
