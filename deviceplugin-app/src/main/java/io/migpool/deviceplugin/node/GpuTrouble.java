package io.migpool.deviceplugin.node;

/** What keeps a GPU from serving normally. */
public enum GpuTrouble {
    GPU_RESET_REQUIRED("GpuResetRequired"),
    /** The GPU cannot be used or read at present. */
    GPU_UNHEALTHY("GpuUnhealthy"),
    GPU_UNIDENTIFIED("GpuUnidentified"),
    MIG_MODE_CHANGES_WITH_RESET("MigModeChangesWithReset"),
    /** The board does not accept MIG mode in its present setup. */
    MIG_MODE_NOT_SUPPORTED("MigModeNotSupported"),
    /** MIG mode is switched on when the GPU's processes have ended. */
    MIG_MODE_PENDING("MigModePending"),
    MIG_MODE_STILL_ON("MigModeStillOn"),
    /** The GPU is healthy and waits for its pods to end. */
    MODE_CHANGE_WAITS("ModeChangeWaits"),
    MODE_NOT_SERVED("ModeNotServed"),
    NO_MIG("NoMig");

    private final String reason;

    GpuTrouble(String reason) {
        this.reason = reason;
    }

    /** Returns its name in Events, metrics and annotations, in CamelCase. */
    public String reason() {
        return reason;
    }

    /** Returns whether the GPU may still serve in the mode in which it was reserved. */
    boolean isPassing() {
        return this == GPU_UNHEALTHY || this == MIG_MODE_PENDING;
    }

    /** Returns whether this is a fault of the GPU, as opposed to a wait. */
    boolean isFault() {
        return this != MODE_CHANGE_WAITS;
    }
}
