package io.migpool.testbed.cluster;

/**
 * A node of the embedded cluster.
 *
 * @param name name of the Node, in lower case as Kubernetes wants it
 * @param boards its GPUs, for example {@code NVIDIA A100-SXM4-80GB:2}
 * @param migEnabled whether MIG mode is on from the beginning; boards before Hopper cannot be switched without a reset
 */
public record NodeSpec(String name, String boards, boolean migEnabled) {

    /** A node whose GPUs are in MIG mode. */
    public static NodeSpec mig(String name, String boards) {
        return new NodeSpec(name, boards, true);
    }

    /** A node whose GPUs are not in MIG mode. */
    public static NodeSpec shared(String name, String boards) {
        return new NodeSpec(name, boards, false);
    }
}
