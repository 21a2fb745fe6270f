package io.migpool.contracts.policy;

/** What counts first in choosing among nodes. */
public enum NodePolicy {
    /** Where the plan takes least from later requests: every GPU and start of the cluster is compared with every other. */
    FRAGMENTATION("fragmentation"),
    /** The node whose GPUs are fullest. */
    BINPACK("binpack"),
    /** The node whose GPUs are emptiest. */
    SPREAD("spread");

    private final String wireName;

    NodePolicy(String wireName) {
        this.wireName = wireName;
    }

    /** The name in annotations and settings. */
    public String wireName() {
        return wireName;
    }
}
