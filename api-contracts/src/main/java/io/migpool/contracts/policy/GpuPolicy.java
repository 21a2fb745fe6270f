package io.migpool.contracts.policy;

/**
 * How to choose among the GPUs of a node. Policies may be chained: each breaks the ties that the previous ones leave.
 */
public enum GpuPolicy {
    /** The placement that costs later requests the least room. */
    FRAGMENTATION("fragmentation"),
    /** The fullest GPU. */
    BINPACK("binpack"),
    /** The emptiest GPU. */
    SPREAD("spread"),
    /** The first GPU, with HAMi's order of starts on it. */
    FIRST_FIT("first-fit"),
    /** Only GPUs that no other pod uses. */
    MUTEX("mutex"),
    /** The first NUMA node, so that the devices of a pod stay together. */
    NUMA("numa"),
    /**
     * The GPUs with the best links among themselves for several devices of a container, and the GPU with the poorest
     * links for a single device. Instances have no links, so this policy does not distinguish them.
     */
    TOPOLOGY_AWARE("topology-aware");

    private final String wireName;

    GpuPolicy(String wireName) {
        this.wireName = wireName;
    }

    /** The name in annotations and settings. */
    public String wireName() {
        return wireName;
    }
}
