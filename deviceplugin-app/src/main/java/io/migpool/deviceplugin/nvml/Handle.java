package io.migpool.deviceplugin.nvml;

import com.sun.jna.Pointer;

/**
 * What the library calls things by. A handle may die, or come to mean another thing, with any mutation of its GPU, by whomever:
 * it is fetched for one call of the port and forgotten after it.
 */
sealed interface Handle {

    Pointer pointer();

    /** {@code nvmlDevice_t}: a GPU, or a MIG device. */
    record Device(Pointer pointer) implements Handle {}

    /** {@code nvmlGpuInstance_t}. */
    record GpuInstance(Pointer pointer) implements Handle {}

    /** {@code nvmlComputeInstance_t}. */
    record ComputeInstance(Pointer pointer) implements Handle {}

    /** {@code nvmlEventSet_t}; lives on until it is freed. */
    record EventSet(Pointer pointer) implements Handle {}

    /** {@code nvmlGpmSample_t}; lives on until it is freed. */
    record Sample(Pointer pointer) implements Handle {}
}
