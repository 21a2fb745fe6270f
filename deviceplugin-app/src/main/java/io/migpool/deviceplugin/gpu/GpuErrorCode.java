package io.migpool.deviceplugin.gpu;

/** Why a driver call failed; the codes of {@code nvmlReturn_t} that the agent distinguishes. */
public enum GpuErrorCode {
    /** Processes, or instances inside it, hold it. */
    IN_USE("end the processes that hold it, including monitoring agents, then try again"),
    /** The place or an engine is taken. */
    INSUFFICIENT_RESOURCES("choose a free placement, or destroy the instances in the way"),
    /** No such GPU, instance or profile. */
    NOT_FOUND("read GPUs, profiles and instances again; they have changed"),
    /** The board or its present mode cannot do it. */
    NOT_SUPPORTED("use a board and a driver that can, and for instances switch MIG mode on"),
    /** The caller may not do it. */
    NO_PERMISSION("run the agent privileged, or give it the capability device mig/config"),
    /** The GPU fell off the bus. */
    GPU_LOST(RecoveryAction.GPU_RESET.remedy() + ", or reboot the machine; see the kernel log for Xid messages"),
    /** The call is invalid. */
    INVALID_ARGUMENT("this is a bug in the caller; report it with this message"),
    /** No answer in time; the outcome is unknown. */
    TIMEOUT("read the instances to see the result, then try again"),
    /** The GPU must be reset first. */
    RESET_REQUIRED(RecoveryAction.GPU_RESET.remedy() + ", or reboot the machine"),
    /** Anything else. */
    UNKNOWN("see the driver's messages in the kernel log");

    private final String remedy;

    GpuErrorCode(String remedy) {
        this.remedy = remedy;
    }

    /** Returns what a person can do about it, as the end of a sentence. */
    public String remedy() {
        return remedy;
    }
}
