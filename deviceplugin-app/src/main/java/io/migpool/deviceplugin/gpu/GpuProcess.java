package io.migpool.deviceplugin.gpu;

/**
 * A process that holds a context on a GPU ({@code nvmlProcessInfo_t}).
 *
 * @param pid process id as the host sees it
 * @param gpuInstanceId GPU instance that it uses, or {@link #NO_INSTANCE} if it uses the GPU as a whole
 * @param computeInstanceId compute instance that it uses, or {@link #NO_INSTANCE}
 * @param usedMemoryMiB GPU memory in MiB, or {@link #UNKNOWN_MEMORY} if the driver does not tell
 */
public record GpuProcess(long pid, int gpuInstanceId, int computeInstanceId, long usedMemoryMiB) {

    /** In place of an instance id: the process uses the GPU as a whole. */
    public static final int NO_INSTANCE = -1;

    /** In place of an amount of memory: the driver does not tell. */
    public static final long UNKNOWN_MEMORY = -1;

    /** Whether it uses that instance, or anything inside it. */
    public boolean uses(GpuInstance instance) {
        return gpuInstanceId == instance.id();
    }
}
