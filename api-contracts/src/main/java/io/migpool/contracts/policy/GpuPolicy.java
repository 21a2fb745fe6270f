package io.migpool.contracts.policy;

/** What counts first in choosing among the GPUs of a node. Policies may be chained: each breaks the ties of those before. */
public enum GpuPolicy {
    /** What takes least from later requests. */
    FRAGMENTATION("fragmentation"),
    /** The fullest GPU. */
    BINPACK("binpack"),
    /** The emptiest GPU. */
    SPREAD("spread"),
    /** The first GPU, and HAMi's order of starts on it. */
    FIRST_FIT("first-fit"),
    /** Only GPUs that no other pod uses. */
    MUTEX("mutex"),
    /** The first NUMA node, so that the devices of a pod stay together. */
    NUMA("numa"),
    /**
     * GPUs that are best linked among themselves for the devices of a container, and the least linked GPU for a single
     * device. Instances have no links, so it decides nothing among them.
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
