package io.migpool.deviceplugin.gpu;

/**
 * A process that holds a context on a GPU ({@code nvmlProcessInfo_t}).
 *
 * @param pid process id on the host
 * @param gpuInstanceId GPU instance that it uses, or {@link #NO_INSTANCE} if it uses the GPU as a whole
 * @param computeInstanceId compute instance that it uses, or {@link #NO_INSTANCE}
 * @param usedMemoryMiB GPU memory in MiB, or {@link #UNKNOWN_MEMORY} if the driver does not report it
 */
public record GpuProcess(long pid, int gpuInstanceId, int computeInstanceId, long usedMemoryMiB) {

    /** Replaces an instance id if the process uses the GPU as a whole. */
    public static final int NO_INSTANCE = -1;

    /** Replaces the amount of memory if the driver does not report it. */
    public static final long UNKNOWN_MEMORY = -1;

    /** Returns whether it uses this instance, or anything inside it. */
    public boolean uses(GpuInstance instance) {
        return gpuInstanceId == instance.id();
    }
}
