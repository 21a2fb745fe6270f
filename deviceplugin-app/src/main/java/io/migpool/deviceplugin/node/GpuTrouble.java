package io.migpool.deviceplugin.node;

/** What keeps a GPU from simply serving. */
public enum GpuTrouble {
    GPU_RESET_REQUIRED("GpuResetRequired"),
    /** The GPU cannot be used or read as it is now. */
    GPU_UNHEALTHY("GpuUnhealthy"),
    GPU_UNIDENTIFIED("GpuUnidentified"),
    MIG_MODE_CHANGES_WITH_RESET("MigModeChangesWithReset"),
    /** The board does not take MIG mode as it is set up. */
    MIG_MODE_NOT_SUPPORTED("MigModeNotSupported"),
    /** MIG mode is switched on when the GPU's processes have ended. */
    MIG_MODE_PENDING("MigModePending"),
    MIG_MODE_STILL_ON("MigModeStillOn"),
    /** The GPU is in perfect health and waits for its pods to end. */
    MODE_CHANGE_WAITS("ModeChangeWaits"),
    MODE_NOT_SERVED("ModeNotServed"),
    NO_MIG("NoMig");

    private final String reason;

    GpuTrouble(String reason) {
        this.reason = reason;
    }

    /** The word for it in Events, metrics and annotations, in CamelCase. */
    public String reason() {
        return reason;
    }

    /** Whether the GPU may yet serve in a mode in which it was promised. */
    boolean isPassing() {
        return this == GPU_UNHEALTHY || this == MIG_MODE_PENDING;
    }

    /** Whether something is wrong with a GPU that takes no new pods. */
    boolean isFault() {
        return this != MODE_CHANGE_WAITS;
    }
}
