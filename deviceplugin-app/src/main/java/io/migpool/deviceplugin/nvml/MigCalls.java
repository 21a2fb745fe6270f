package io.migpool.deviceplugin.nvml;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.nvml.NvmlStructs.ComputeInstanceInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.ComputeInstanceProfileInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.DeviceAttributes;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstancePlacement;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfoV2;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfoV3;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The calls about GPU instances, compute instances and MIG devices. */
final class MigCalls {

    /** Minimum capacity for a list of handles, because the library does not check its length against the buffer. */
    private static final int LEAST_ROOM = 64;

    /** {@code NVML_COMPUTE_INSTANCE_PROFILE_COUNT}, plus a few that newer headers may add. */
    private static final int COMPUTE_PROFILES = 16;
    /** {@code NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED}, the only one. */
    private static final int ENGINES_SHARED = 0;

    private final NvmlLibrary library;
    private final Calls calls;

    MigCalls(NvmlLibrary library, Calls calls) {
        this.library = library;
        this.calls = calls;
    }

    /**
     * A GPU instance profile as the driver describes it.
     *
     * @param id its number on this board
     * @param driverName the driver's name for it, for example {@code MIG 1g.10gb+me}; empty if it does not report one
     * @param slices compute slices
     * @param maxInstances how many fit on an empty GPU
     * @param memoryMiB memory in MiB
     * @param engines engines of one instance
     */
    record ProfileInfo(
            ProfileId id,
            String driverName,
            int slices,
            int maxInstances,
            int multiprocessors,
            long memoryMiB,
            GpuFeatures.Engines engines) {}

    /** The result of {@code nvmlGpuInstanceGetInfo}. */
    record InstanceInfo(int id, ProfileId profileId, Placement placement) {}

    /**
     * The result of {@code nvmlComputeInstanceGetInfo}.
     *
     * @param device the MIG device, or with some drivers its GPU
     */
    record ComputeInfo(int id, ComputeProfile.Id profileId, Optional<Handle.Device> device) {}

    /**
     * Returns a profile of the board, with its name if the driver supports the call for it (version 3 or 2 of its
     * structure); empty if the board does not have the profile or the driver does not know it.
     */
    Optional<ProfileInfo> profile(Handle.Device device, ProfileEnum profile) throws NvmlException {
        GpuInstanceProfileInfoV3 v3 = new GpuInstanceProfileInfoV3();
        if (offers(
                "nvmlDeviceGetGpuInstanceProfileInfoV",
                () -> library.nvmlDeviceGetGpuInstanceProfileInfoV(device.pointer(), profile.value(), v3))) {
            return Optional.of(new ProfileInfo(
                    new ProfileId(v3.id),
                    Calls.text(v3.name),
                    v3.sliceCount,
                    v3.instanceCount,
                    v3.multiprocessorCount,
                    v3.memorySizeMB,
                    new GpuFeatures.Engines(
                            v3.copyEngineCount, v3.decoderCount, v3.encoderCount, v3.jpegCount, v3.ofaCount)));
        }
        GpuInstanceProfileInfoV2 v2 = new GpuInstanceProfileInfoV2();
        if (offers(
                "nvmlDeviceGetGpuInstanceProfileInfoV",
                () -> library.nvmlDeviceGetGpuInstanceProfileInfoV(device.pointer(), profile.value(), v2))) {
            return Optional.of(new ProfileInfo(
                    new ProfileId(v2.id),
                    Calls.text(v2.name),
                    v2.sliceCount,
                    v2.instanceCount,
                    v2.multiprocessorCount,
                    v2.memorySizeMB,
                    new GpuFeatures.Engines(
                            v2.copyEngineCount, v2.decoderCount, v2.encoderCount, v2.jpegCount, v2.ofaCount)));
        }
        GpuInstanceProfileInfo v1 = new GpuInstanceProfileInfo();
        if (offers(
                "nvmlDeviceGetGpuInstanceProfileInfo",
                () -> library.nvmlDeviceGetGpuInstanceProfileInfo(device.pointer(), profile.value(), v1))) {
            return Optional.of(new ProfileInfo(
                    new ProfileId(v1.id),
                    "",
                    v1.sliceCount,
                    v1.instanceCount,
                    v1.multiprocessorCount,
                    v1.memorySizeMB,
                    new GpuFeatures.Engines(
                            v1.copyEngineCount, v1.decoderCount, v1.encoderCount, v1.jpegCount, v1.ofaCount)));
        }
        return Optional.empty();
    }

    /** Returns the attributes of a MIG device; empty if the driver does not support the call. */
    Optional<DeviceAttributes> attributes(Handle.Device migDevice) throws NvmlException {
        DeviceAttributes attributes = new DeviceAttributes();
        String call = "nvmlDeviceGetAttributes_v2";
        int number = calls.attempt(call, () -> library.nvmlDeviceGetAttributes_v2(migDevice.pointer(), attributes));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> Optional.of(attributes);
            case NOT_SUPPORTED, FUNCTION_NOT_FOUND -> Optional.empty();
            default -> throw new NvmlException(call, number);
        };
    }

    /** Returns whether the call succeeds; an unknown profile, structure or call means that it does not. */
    private boolean offers(String symbol, Calls.Call call) throws NvmlException {
        int number = calls.attempt(symbol, call);
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> true;
            case NOT_SUPPORTED, INVALID_ARGUMENT, ARGUMENT_VERSION_MISMATCH, FUNCTION_NOT_FOUND, NOT_FOUND -> false;
            default -> throw new NvmlException(symbol, number);
        };
    }

    /**
     * Returns the possible placements of a profile, taken or not; empty if the driver does not report them in the
     * present mode.
     */
    List<Placement> placements(Handle.Device device, ProfileId profile) throws NvmlException {
        try {
            return calls.list(
                    "nvmlDeviceGetGpuInstancePossiblePlacements_v2",
                    GpuInstancePlacement.BYTES,
                    LEAST_ROOM,
                    MigCalls::placement,
                    (buffer, count) -> library.nvmlDeviceGetGpuInstancePossiblePlacements_v2(
                            device.pointer(), profile.value(), buffer, count));
        } catch (NvmlException e) {
            return switch (e.code()) {
                case FUNCTION_NOT_FOUND -> placementsOfOldDriver(device, profile);
                case NOT_SUPPORTED -> List.of();
                default -> throw e;
            };
        }
    }

    private List<Placement> placementsOfOldDriver(Handle.Device device, ProfileId profile) throws NvmlException {
        try {
            return calls.list(
                    "nvmlDeviceGetGpuInstancePossiblePlacements",
                    GpuInstancePlacement.BYTES,
                    LEAST_ROOM,
                    MigCalls::placement,
                    (buffer, count) -> library.nvmlDeviceGetGpuInstancePossiblePlacements(
                            device.pointer(), profile.value(), buffer, count));
        } catch (NvmlException e) {
            if (e.code() == ReturnCode.NOT_SUPPORTED || e.code() == ReturnCode.FUNCTION_NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    private static Placement placement(Pointer address) {
        return placement(new GpuInstancePlacement(address));
    }

    private static Placement placement(GpuInstancePlacement placement) {
        return new Placement(placement.start, placement.size);
    }

    /**
     * Returns the instances of one profile. The library does not take the size of the buffer, so the buffer has more
     * room than needed.
     */
    List<Handle.GpuInstance> instances(Handle.Device device, ProfileId profile, int maxInstances) throws NvmlException {
        return calls.list(
                "nvmlDeviceGetGpuInstances",
                Native.POINTER_SIZE,
                Math.max(maxInstances, LEAST_ROOM),
                address -> new Handle.GpuInstance(address.getPointer(0)),
                (buffer, count) -> library.nvmlDeviceGetGpuInstances(device.pointer(), profile.value(), buffer, count));
    }

    Handle.GpuInstance instance(Handle.Device device, int id) throws NvmlException {
        return calls.handle(
                "nvmlDeviceGetGpuInstanceById",
                Handle.GpuInstance::new,
                instance -> library.nvmlDeviceGetGpuInstanceById(device.pointer(), id, instance));
    }

    InstanceInfo info(Handle.GpuInstance instance) throws NvmlException {
        GpuInstanceInfo info = new GpuInstanceInfo();
        calls.make("nvmlGpuInstanceGetInfo", () -> library.nvmlGpuInstanceGetInfo(instance.pointer(), info));
        return new InstanceInfo(info.id, new ProfileId(info.profileId), placement(info.placement));
    }

    Handle.GpuInstance createInstance(Handle.Device device, ProfileId profile, Placement placement)
            throws NvmlException {
        GpuInstancePlacement where = new GpuInstancePlacement();
        where.start = placement.start();
        where.size = placement.size();
        return calls.handle(
                "nvmlDeviceCreateGpuInstanceWithPlacement",
                Handle.GpuInstance::new,
                instance -> library.nvmlDeviceCreateGpuInstanceWithPlacement(
                        device.pointer(), profile.value(), where, instance));
    }

    void destroy(Handle.GpuInstance instance) throws NvmlException {
        calls.make("nvmlGpuInstanceDestroy", () -> library.nvmlGpuInstanceDestroy(instance.pointer()));
    }

    /** Returns the compute profiles of an instance, in the header's order, each number once. */
    List<ComputeProfile> computeProfiles(Handle.GpuInstance instance) throws NvmlException {
        Map<ComputeProfile.Id, ComputeProfile> found = new LinkedHashMap<>();
        for (int i = 0; i < COMPUTE_PROFILES; i++) {
            int profile = i;
            ComputeInstanceProfileInfo info = new ComputeInstanceProfileInfo();
            if (offers(
                    "nvmlGpuInstanceGetComputeInstanceProfileInfo",
                    () -> library.nvmlGpuInstanceGetComputeInstanceProfileInfo(
                            instance.pointer(), profile, ENGINES_SHARED, info))) {
                ComputeProfile.Id id = new ComputeProfile.Id(info.id);
                found.putIfAbsent(id, new ComputeProfile(id, info.sliceCount, info.instanceCount));
            }
        }
        return new ArrayList<>(found.values());
    }

    List<Handle.ComputeInstance> computeInstances(Handle.GpuInstance instance, ComputeProfile profile)
            throws NvmlException {
        return calls.list(
                "nvmlGpuInstanceGetComputeInstances",
                Native.POINTER_SIZE,
                Math.max(profile.maxInstances(), LEAST_ROOM),
                address -> new Handle.ComputeInstance(address.getPointer(0)),
                (buffer, count) -> library.nvmlGpuInstanceGetComputeInstances(
                        instance.pointer(), profile.id().value(), buffer, count));
    }

    Handle.ComputeInstance computeInstance(Handle.GpuInstance instance, int id) throws NvmlException {
        return calls.handle(
                "nvmlGpuInstanceGetComputeInstanceById",
                Handle.ComputeInstance::new,
                compute -> library.nvmlGpuInstanceGetComputeInstanceById(instance.pointer(), id, compute));
    }

    Handle.ComputeInstance createComputeInstance(Handle.GpuInstance instance, ComputeProfile.Id profile)
            throws NvmlException {
        return calls.handle(
                "nvmlGpuInstanceCreateComputeInstance",
                Handle.ComputeInstance::new,
                compute -> library.nvmlGpuInstanceCreateComputeInstance(instance.pointer(), profile.value(), compute));
    }

    /**
     * Returns the compute instance's info. The first version of the call writes the same fields except the placement,
     * which is not used.
     */
    ComputeInfo info(Handle.ComputeInstance compute) throws NvmlException {
        ComputeInstanceInfo info = new ComputeInstanceInfo();
        int number = calls.attempt(
                "nvmlComputeInstanceGetInfo_v2", () -> library.nvmlComputeInstanceGetInfo_v2(compute.pointer(), info));
        if (ReturnCode.of(number) == ReturnCode.FUNCTION_NOT_FOUND) {
            calls.make("nvmlComputeInstanceGetInfo", () -> library.nvmlComputeInstanceGetInfo(compute.pointer(), info));
        } else if (number != 0) {
            throw new NvmlException("nvmlComputeInstanceGetInfo_v2", number);
        }
        return new ComputeInfo(
                info.id,
                new ComputeProfile.Id(info.profileId),
                Optional.ofNullable(info.device).map(Handle.Device::new));
    }

    void destroy(Handle.ComputeInstance compute) throws NvmlException {
        calls.make("nvmlComputeInstanceDestroy", () -> library.nvmlComputeInstanceDestroy(compute.pointer()));
    }

    /** Returns the maximum number of MIG devices of the GPU; 0 while MIG mode is off. */
    int maxMigDevices(Handle.Device device) throws NvmlException {
        return calls.number(
                "nvmlDeviceGetMaxMigDeviceCount",
                count -> library.nvmlDeviceGetMaxMigDeviceCount(device.pointer(), count));
    }

    /** Returns the MIG device with an index from 0; fails with {@code NOT_FOUND} at gaps in the numbering. */
    Handle.Device migDevice(Handle.Device device, int index) throws NvmlException {
        return calls.handle(
                "nvmlDeviceGetMigDeviceHandleByIndex",
                Handle.Device::new,
                migDevice -> library.nvmlDeviceGetMigDeviceHandleByIndex(device.pointer(), index, migDevice));
    }

    int gpuInstanceId(Handle.Device migDevice) throws NvmlException {
        return calls.number(
                "nvmlDeviceGetGpuInstanceId", id -> library.nvmlDeviceGetGpuInstanceId(migDevice.pointer(), id));
    }

    int computeInstanceId(Handle.Device migDevice) throws NvmlException {
        return calls.number(
                "nvmlDeviceGetComputeInstanceId",
                id -> library.nvmlDeviceGetComputeInstanceId(migDevice.pointer(), id));
    }
}
