package io.migpool.deviceplugin.nvml;

import com.sun.jna.Pointer;

/**
 * The library's handles. Any change of a GPU, by any process, may invalidate a handle or make it refer to something
 * else: handles are fetched for one call of the port and dropped after it.
 */
sealed interface Handle {

    Pointer pointer();

    /** {@code nvmlDevice_t}: a GPU, or a MIG device. */
    record Device(Pointer pointer) implements Handle {}

    /** {@code nvmlGpuInstance_t}. */
    record GpuInstance(Pointer pointer) implements Handle {}

    /** {@code nvmlComputeInstance_t}. */
    record ComputeInstance(Pointer pointer) implements Handle {}

    /** {@code nvmlEventSet_t}; valid until it is freed. */
    record EventSet(Pointer pointer) implements Handle {}

    /** {@code nvmlGpmSample_t}; valid until it is freed. */
    record Sample(Pointer pointer) implements Handle {}
}
