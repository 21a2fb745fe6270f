package io.migpool.deviceplugin.gpu;

/** Something that happened to a GPU by itself and bears on whether it can be used ({@code nvmlEventData_t}). */
public sealed interface GpuEvent {

    /** The GPU. */
    String gpuUuid();

    /**
     * The driver reports an error by NVIDIA's number for it.
     *
     * @param gpuUuid the GPU
     * @param number the Xid, as in the kernel log
     * @param gpuInstanceId the GPU instance that it hit, or {@link GpuProcess#NO_INSTANCE} if it hit the GPU as a whole
     * @param computeInstanceId the compute instance, or {@link GpuProcess#NO_INSTANCE}
     */
    record Xid(String gpuUuid, long number, int gpuInstanceId, int computeInstanceId) implements GpuEvent {

        /** Whether it hit the GPU as a whole. */
        public boolean hitsWholeGpu() {
            return gpuInstanceId == GpuProcess.NO_INSTANCE;
        }
    }

    /**
     * What the GPU needs for its repair has changed, or it cannot be reached any more;
     * {@link GpuDriver#recoveryAction} tells.
     *
     * @param gpuUuid the GPU
     */
    record ConditionChanged(String gpuUuid) implements GpuEvent {}
}
