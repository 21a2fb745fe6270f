package io.migpool.contracts.wire;

import java.util.List;

/** Keys of the annotations on Pods and Nodes, and of one label: HAMi's names, and ours under {@code migpool.io/}. */
public final class Annotations {

    /** Node: JSON list of its GPUs in HAMi's format, written by the node agent. */
    public static final String NODE_REGISTER = "hami.io/node-nvidia-register";
    /** Node: JSON list of what {@link #NODE_REGISTER} cannot express, written by the node agent together with it. */
    public static final String NODE_GPUS = "migpool.io/node-nvidia";
    /** Node: comma-separated GPU UUIDs that get no new pods, written by a person. */
    public static final String DEVICE_CORDON = "hami.io/device-cordon";
    /** Node: JSON list of how well its GPUs are linked, written by a node agent that measures it. */
    public static final String NODE_LINKS = "hami.io/node-nvidia-score";
    /** Node: {@code serving} or {@code stopping}, written by the node agent. */
    public static final String NODE_STATE = "migpool.io/node-state";
    /** Node: JSON list of its GPUs that do not serve normally, with reason and remedy, written by the node agent. */
    public static final String NODE_GPU_CONDITIONS = "migpool.io/gpu-conditions";

    /** Pod: node of the reservation. */
    public static final String VGPU_NODE = "hami.io/vgpu-node";
    /**
     * Pod, a label: node of the reservation, once its devices are realised, for selectors. MigPool does not read it.
     */
    public static final String VGPU_NODE_LABEL = VGPU_NODE;
    /** Pod: when it was reserved, Unix seconds. */
    public static final String VGPU_TIME = "hami.io/vgpu-time";
    /** Pod: device string of the reservation, kept for the pod's life. */
    public static final String DEVICES_ALLOCATED = "hami.io/vgpu-devices-allocated";
    /** Pod: device string of the devices still to be handed out. */
    public static final String DEVICES_TO_ALLOCATE = "hami.io/vgpu-devices-to-allocate";
    /** Pod: JSON list of reserved MIG instances, later with their runtime identity. */
    public static final String MIG_ALLOCATIONS = "hami.io/vgpu-mig-allocations";
    /** Pod: when it was bound, Unix seconds. */
    public static final String BIND_TIME = "hami.io/bind-time";
    /** Pod: {@code allocating}, {@code success} or {@code failed}. */
    public static final String BIND_PHASE = "hami.io/bind-phase";

    /**
     * Waiting pod: when the extender saw room for it although the scheduler had not retried it, RFC 3339. MigPool does
     * not read it.
     */
    public static final String ROOM_SEEN = "migpool.io/room-seen";

    /** Pod, by its user: only GPUs of these modes. */
    public static final String VGPU_MODE = "nvidia.com/vgpu-mode";
    /** Pod, by its user: only GPUs whose model contains one of these. */
    public static final String USE_GPU_TYPE = "nvidia.com/use-gputype";
    /** Pod, by its user: no GPU whose model contains one of these. */
    public static final String NO_USE_GPU_TYPE = "nvidia.com/nouse-gputype";
    /** Pod, by its user: only these GPUs. */
    public static final String USE_GPU_UUID = "nvidia.com/use-gpuuuid";
    /** Pod, by its user: none of these GPUs. */
    public static final String NO_USE_GPU_UUID = "nvidia.com/nouse-gpuuuid";
    /** Pod, by its user: whether the GPUs of a container must belong to one NUMA node. */
    public static final String NUMA_BIND = "nvidia.com/numa-bind";
    /** Pod, by its user: whether all its devices must lie on different GPUs. */
    public static final String SPREAD_DEVICES = "migpool.io/spread-devices";
    /** Pod, by its user: how to choose among the GPUs of a node; may list several, most important first. */
    public static final String GPU_SCHEDULER_POLICY = "hami.io/gpu-scheduler-policy";
    /** Pod, by its user: how to choose among nodes. */
    public static final String NODE_SCHEDULER_POLICY = "hami.io/node-scheduler-policy";

    /** Pod, by its user: what counts as a full GPU: shares of slots, cores and memory. */
    public static final String DEVICE_SCORING_WEIGHTS = "hami.io/device-scoring-weights";

    /** Only the scheduler and the node agent may set or change these on Pods; values from users are not trusted. */
    public static final List<String> RESERVED_ON_PODS = List.of(
            VGPU_NODE, VGPU_TIME, DEVICES_ALLOCATED, DEVICES_TO_ALLOCATE, MIG_ALLOCATIONS, BIND_TIME, BIND_PHASE);

    /** Only the node's own agent may set or change these on its Node. */
    public static final List<String> RESERVED_ON_NODES =
            List.of(NODE_REGISTER, NODE_GPUS, NODE_STATE, NODE_GPU_CONDITIONS);

    private Annotations() {}
}
