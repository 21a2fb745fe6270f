package io.migpool.deviceplugin.nvml;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import io.migpool.deviceplugin.nvml.NvmlStructs.ComputeInstanceInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.ComputeInstanceProfileInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.DeviceAttributes;
import io.migpool.deviceplugin.nvml.NvmlStructs.EventData;
import io.migpool.deviceplugin.nvml.NvmlStructs.FieldValue;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpmSupport;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstancePlacement;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfoV2;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpuInstanceProfileInfoV3;
import io.migpool.deviceplugin.nvml.NvmlStructs.Memory;
import io.migpool.deviceplugin.nvml.NvmlStructs.PciInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.Utilization;
import org.jspecify.annotations.Nullable;

/**
 * The calls of {@code libnvidia-ml.so.1} that the agent makes ({@code nvml.h}, API 12 and 13), under the names that the
 * library exports. The header maps calls to their newest version with macros; here the version is explicit, because the
 * plain names are the oldest binary interface.
 *
 * <p>Each symbol is looked up on first use, so a library that lacks some of them still loads. Every {@code int} result
 * is an {@code nvmlReturn_t}.
 */
@SuppressWarnings("MemberName") // the names of exported symbols
interface NvmlLibrary extends Library {

    int nvmlInit_v2();

    int nvmlShutdown();

    int nvmlSystemGetDriverVersion(byte[] version, int length);

    int nvmlSystemGetCudaDriverVersion_v2(IntByReference version);

    int nvmlDeviceGetCount_v2(IntByReference count);

    int nvmlDeviceGetHandleByIndex_v2(int index, PointerByReference device);

    int nvmlDeviceGetHandleByPciBusId_v2(String pciBusId, PointerByReference device);

    int nvmlDeviceGetUUID(Pointer device, byte[] uuid, int length);

    int nvmlDeviceGetName(Pointer device, byte[] name, int length);

    int nvmlDeviceGetMinorNumber(Pointer device, IntByReference minor);

    int nvmlDeviceGetPciInfo_v3(Pointer device, PciInfo pci);

    int nvmlDeviceGetMemoryInfo(Pointer device, Memory memory);

    int nvmlDeviceGetArchitecture(Pointer device, IntByReference architecture);

    int nvmlDeviceGetCudaComputeCapability(Pointer device, IntByReference major, IntByReference minor);

    int nvmlDeviceGetAttributes_v2(Pointer migDevice, DeviceAttributes attributes);

    int nvmlDeviceGetFieldValues(Pointer device, int count, FieldValue values);

    int nvmlDeviceGetComputeRunningProcesses_v3(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetComputeRunningProcesses_v2(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetComputeRunningProcesses(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetGraphicsRunningProcesses_v3(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetGraphicsRunningProcesses_v2(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetGraphicsRunningProcesses(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetMPSComputeRunningProcesses_v3(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetMPSComputeRunningProcesses_v2(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetMPSComputeRunningProcesses(Pointer device, IntByReference count, Pointer entries);

    int nvmlDeviceGetVirtualizationMode(Pointer device, IntByReference mode);

    int nvmlDeviceGetMigMode(Pointer device, IntByReference current, IntByReference pending);

    int nvmlDeviceSetMigMode(Pointer device, int mode, IntByReference activationStatus);

    int nvmlDeviceGetMaxMigDeviceCount(Pointer device, IntByReference count);

    int nvmlDeviceGetMigDeviceHandleByIndex(Pointer device, int index, PointerByReference migDevice);

    int nvmlDeviceGetGpuInstanceId(Pointer migDevice, IntByReference id);

    int nvmlDeviceGetComputeInstanceId(Pointer migDevice, IntByReference id);

    int nvmlDeviceGetGpuInstanceProfileInfo(Pointer device, int profile, GpuInstanceProfileInfo info);

    /**
     * As {@link #nvmlDeviceGetGpuInstanceProfileInfoV(Pointer, int, GpuInstanceProfileInfoV3)}, with the older struct.
     */
    int nvmlDeviceGetGpuInstanceProfileInfoV(Pointer device, int profile, GpuInstanceProfileInfoV2 info);

    /** One exported symbol takes either struct and distinguishes them by their version field. */
    int nvmlDeviceGetGpuInstanceProfileInfoV(Pointer device, int profile, GpuInstanceProfileInfoV3 info);

    int nvmlDeviceGetGpuInstancePossiblePlacements_v2(
            Pointer device, int profileId, @Nullable Pointer placements, IntByReference count);

    int nvmlDeviceGetGpuInstancePossiblePlacements(
            Pointer device, int profileId, @Nullable Pointer placements, IntByReference count);

    int nvmlDeviceCreateGpuInstanceWithPlacement(
            Pointer device, int profileId, GpuInstancePlacement placement, PointerByReference gpuInstance);

    int nvmlGpuInstanceDestroy(Pointer gpuInstance);

    int nvmlDeviceGetGpuInstances(Pointer device, int profileId, Pointer gpuInstances, IntByReference count);

    int nvmlDeviceGetGpuInstanceById(Pointer device, int id, PointerByReference gpuInstance);

    int nvmlGpuInstanceGetInfo(Pointer gpuInstance, GpuInstanceInfo info);

    int nvmlGpuInstanceGetComputeInstanceProfileInfo(
            Pointer gpuInstance, int profile, int engineProfile, ComputeInstanceProfileInfo info);

    int nvmlGpuInstanceCreateComputeInstance(Pointer gpuInstance, int profileId, PointerByReference computeInstance);

    int nvmlComputeInstanceDestroy(Pointer computeInstance);

    int nvmlGpuInstanceGetComputeInstances(
            Pointer gpuInstance, int profileId, Pointer computeInstances, IntByReference count);

    int nvmlGpuInstanceGetComputeInstanceById(Pointer gpuInstance, int id, PointerByReference computeInstance);

    int nvmlComputeInstanceGetInfo_v2(Pointer computeInstance, ComputeInstanceInfo info);

    int nvmlComputeInstanceGetInfo(Pointer computeInstance, ComputeInstanceInfo info);

    int nvmlEventSetCreate(PointerByReference set);

    int nvmlDeviceGetSupportedEventTypes(Pointer device, LongByReference eventTypes);

    int nvmlDeviceRegisterEvents(Pointer device, long eventTypes, Pointer set);

    int nvmlEventSetWait_v2(Pointer set, EventData data, int timeoutMillis);

    /** The older version, which writes neither GPU instance nor compute instance. */
    int nvmlEventSetWait(Pointer set, EventData data, int timeoutMillis);

    int nvmlEventSetFree(Pointer set);

    int nvmlDeviceGetUtilizationRates(Pointer device, Utilization utilization);

    int nvmlGpmQueryDeviceSupport(Pointer device, GpmSupport support);

    int nvmlGpmSampleAlloc(PointerByReference sample);

    int nvmlGpmSampleFree(Pointer sample);

    int nvmlGpmMigSampleGet(Pointer device, int gpuInstanceId, Pointer sample);

    int nvmlGpmMetricsGet(Pointer metrics);

    int nvmlDeviceGetTopologyCommonAncestor(Pointer device, Pointer peer, IntByReference level);

    int nvmlDeviceGetNvLinkState(Pointer device, int link, IntByReference state);

    int nvmlDeviceGetNvLinkRemotePciInfo_v2(Pointer device, int link, PciInfo pci);

    int nvmlDeviceGetNvLinkRemoteDeviceType(Pointer device, int link, IntByReference type);
}
