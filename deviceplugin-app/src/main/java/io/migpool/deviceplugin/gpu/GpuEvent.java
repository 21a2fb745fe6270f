package io.migpool.deviceplugin.gpu;

/** A spontaneous event of a GPU that affects whether it can be used ({@code nvmlEventData_t}). */
public sealed interface GpuEvent {

    /** The GPU. */
    String gpuUuid();

    /**
     * An error that the driver reports by NVIDIA's number for it.
     *
     * @param number the Xid, as in the kernel log
     * @param gpuInstanceId the affected GPU instance, or {@link GpuProcess#NO_INSTANCE} if the GPU as a whole is
     *     affected
     * @param computeInstanceId the compute instance, or {@link GpuProcess#NO_INSTANCE}
     */
    record Xid(String gpuUuid, long number, int gpuInstanceId, int computeInstanceId) implements GpuEvent {

        /** Returns whether it affects the GPU as a whole. */
        public boolean hitsWholeGpu() {
            return gpuInstanceId == GpuProcess.NO_INSTANCE;
        }
    }

    /**
     * The GPU's recovery action has changed, or the GPU is no longer reachable; see {@link GpuDriver#recoveryAction}.
     */
    record ConditionChanged(String gpuUuid) implements GpuEvent {}
}
