package io.migpool.deviceplugin.gpu;

/** Whether a board has MIG, and what switching it on takes. */
public enum MigSupport {
    /** No MIG; such a GPU can only be shared in software. */
    NONE,
    /** The mode changes with the next reset of the GPU (Ampere). */
    AFTER_RESET,
    /** The mode changes immediately and is lost when the kernel module unloads (Hopper and later). */
    AT_ONCE
}
