package io.migpool.testbed.cluster;

/**
 * A node of the embedded cluster.
 *
 * @param name name of the Node, in lower case, as Kubernetes requires
 * @param boards its GPUs, for example {@code NVIDIA A100-SXM4-80GB:2}
 * @param migEnabled whether MIG mode is on initially; boards before Hopper cannot be switched without a reset
 */
public record NodeSpec(String name, String boards, boolean migEnabled) {

    /** Returns a node whose GPUs are in MIG mode. */
    public static NodeSpec mig(String name, String boards) {
        return new NodeSpec(name, boards, true);
    }

    /** Returns a node whose GPUs are not in MIG mode. */
    public static NodeSpec shared(String name, String boards) {
        return new NodeSpec(name, boards, false);
    }
}
