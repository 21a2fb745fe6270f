package io.migpool.deviceplugin.gpu;

/** What a GPU needs before it is reliable again ({@code NVML_FI_DEV_GET_GPU_RECOVERY_ACTION}). */
public enum RecoveryAction {
    /** Nothing. */
    NONE("nothing needs to be done"),
    /**
     * A reset of the GPU; nvidia-smi refuses it while the agent has the GPU open, and draining the node does not remove
     * a DaemonSet.
     */
    GPU_RESET(
            "end what runs on the GPU, take the node agent off the node (it has the GPU open too), and run nvidia-smi --gpu-reset"),
    /** A reboot of the machine. */
    NODE_REBOOT("drain the node and reboot it"),
    /** The end of the traffic between it and its peers. */
    DRAIN_P2P("end the workloads on the GPUs that it exchanges data with"),
    /** The end of its workloads, then a reset. */
    DRAIN_AND_RESET(GPU_RESET.remedy),
    /** A repair of the IMEX domain. */
    RECOVER_IMEX_DOMAIN("recover the IMEX domain that the node belongs to"),
    /** Something that this build does not know. */
    OTHER("see nvidia-smi -q for the recovery action");

    private final String remedy;

    RecoveryAction(String remedy) {
        this.remedy = remedy;
    }

    /** Returns what a person has to do, as the end of a sentence. */
    public String remedy() {
        return remedy;
    }
}
