package io.migpool.extender.pool;

/**
 * Why a GPU or a node cannot take a pod, in the order in which it is examined: a later code means that the GPU came
 * closer to fitting.
 */
public enum ReasonCode {
    /** Something in the pod's specification cannot be understood. */
    MISUNDERSTOOD,
    /** The node is not known, or has registered no GPU. */
    NOT_REGISTERED,
    /** The node is not Ready. */
    NODE_NOT_READY,
    /** The node agent is stopping, or kubelet advertises none of our devices. */
    NODE_NOT_SERVING,
    /** The GPU is not healthy. */
    UNHEALTHY,
    /** An administrator took the GPU out of use. */
    CORDONED,
    /** The pod wants another sharing mode. */
    MODE,
    /** The pod's type constraints exclude the GPU's model. */
    TYPE,
    /** The pod's UUID constraints exclude the GPU. */
    UUID,
    /** The GPU is smaller than the request even when empty. */
    TOO_LARGE,
    /** A whole GPU is wanted, and configuration allows no full-size profile. */
    NO_WHOLE_GPU,
    /** No allowed MIG profile serves the request. */
    NO_PROFILE,
    /** More devices on different GPUs are wanted than the node has GPUs. */
    TOO_FEW_GPUS,
    /** Enough GPUs suit the pod, but some are out of use; the text says why. */
    OUT_OF_USE,
    /** As many containers as allowed share the GPU already. */
    SLOTS,
    /** Too little memory is left. */
    MEMORY,
    /** Too little compute is left. */
    CORES,
    /** The GPU is used, and the pod wants it alone. */
    EXCLUSIVE,
    /** No geometry has room alongside the running instances. */
    GEOMETRY,
    /** All slices are taken. */
    NO_SLICE,
    /** Enough slices are free, but not side by side. */
    FRAGMENTED,
    /** The devices fit, but only on GPUs that are not close enough or not different enough for the pod. */
    ARRANGEMENT,
    /** Each device would fit alone, but not all of them together. */
    NOT_TOGETHER,
    /** The search gave up. */
    SEARCH_LIMIT,
    /** The pod fits, but it would exceed its namespace's quota. */
    QUOTA
}
