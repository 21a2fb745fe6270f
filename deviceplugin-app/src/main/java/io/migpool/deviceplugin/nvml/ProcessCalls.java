package io.migpool.deviceplugin.nvml;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.nvml.NvmlStructs.ProcessInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.ProcessInfoV1;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The three lists of processes that hold a context on a device: compute, graphics and MPS clients. Each has three
 * versions; the newest that the driver supports is used. The oldest has shorter entries, without instances.
 */
final class ProcessCalls {

    private static final int USUAL_NUMBER = 32;
    private static final long BYTES_PER_MIB = 1024L * 1024;
    /** {@code NVML_VALUE_NOT_AVAILABLE}. */
    private static final long NOT_AVAILABLE = -1;

    private final Calls calls;
    private final List<Version> compute;
    private final List<Version> graphics;
    private final List<Version> mps;

    ProcessCalls(NvmlLibrary library, Calls calls) {
        this.calls = calls;
        this.compute = versions(
                "nvmlDeviceGetComputeRunningProcesses",
                library::nvmlDeviceGetComputeRunningProcesses_v3,
                library::nvmlDeviceGetComputeRunningProcesses_v2,
                library::nvmlDeviceGetComputeRunningProcesses);
        this.graphics = versions(
                "nvmlDeviceGetGraphicsRunningProcesses",
                library::nvmlDeviceGetGraphicsRunningProcesses_v3,
                library::nvmlDeviceGetGraphicsRunningProcesses_v2,
                library::nvmlDeviceGetGraphicsRunningProcesses);
        this.mps = versions(
                "nvmlDeviceGetMPSComputeRunningProcesses",
                library::nvmlDeviceGetMPSComputeRunningProcesses_v3,
                library::nvmlDeviceGetMPSComputeRunningProcesses_v2,
                library::nvmlDeviceGetMPSComputeRunningProcesses);
    }

    @FunctionalInterface
    private interface Lister {
        int list(Pointer device, IntByReference count, Pointer entries);
    }

    /** One version of one list, and how its entries are read. */
    private record Version(String symbol, Lister lister, int entryBytes, Function<Pointer, GpuProcess> entry) {}

    private static List<Version> versions(String symbol, Lister v3, Lister v2, Lister v1) {
        return List.of(
                new Version(symbol + "_v3", v3, ProcessInfo.BYTES, ProcessCalls::process),
                new Version(symbol + "_v2", v2, ProcessInfo.BYTES, ProcessCalls::process),
                new Version(symbol, v1, ProcessInfoV1.BYTES, ProcessCalls::processV1));
    }

    /** Returns every process on a GPU or a MIG device; one with both compute and graphics appears twice. */
    List<GpuProcess> on(Handle.Device device) throws NvmlException {
        return Stream.of(newest(device, compute), newest(device, graphics), newest(device, mps))
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Reads the newest supported version of a list; a kind that the device does not support, such as graphics on a MIG
     * device, has no processes.
     */
    private List<GpuProcess> newest(Handle.Device device, List<Version> newestFirst) throws NvmlException {
        for (Version version : newestFirst) {
            try {
                return calls.list(
                        version.symbol,
                        version.entryBytes,
                        USUAL_NUMBER,
                        version.entry,
                        (buffer, count) -> version.lister.list(device.pointer(), count, buffer));
            } catch (NvmlException e) {
                switch (e.code()) {
                    case FUNCTION_NOT_FOUND -> {}
                    case NOT_SUPPORTED -> {
                        return List.of();
                    }
                    default -> throw e;
                }
            }
        }
        return List.of();
    }

    private static GpuProcess process(Pointer address) {
        ProcessInfo entry = new ProcessInfo(address);
        // The library's "not available" (0xFFFFFFFF) is the port's NO_INSTANCE, both are -1.
        return new GpuProcess(
                Integer.toUnsignedLong(entry.pid),
                entry.gpuInstanceId,
                entry.computeInstanceId,
                memoryMiB(entry.usedGpuMemory));
    }

    private static GpuProcess processV1(Pointer address) {
        ProcessInfoV1 entry = new ProcessInfoV1(address);
        return new GpuProcess(
                Integer.toUnsignedLong(entry.pid),
                GpuProcess.NO_INSTANCE,
                GpuProcess.NO_INSTANCE,
                memoryMiB(entry.usedGpuMemory));
    }

    private static long memoryMiB(long bytes) {
        return bytes == NOT_AVAILABLE ? GpuProcess.UNKNOWN_MEMORY : Long.divideUnsigned(bytes, BYTES_PER_MIB);
    }
}
