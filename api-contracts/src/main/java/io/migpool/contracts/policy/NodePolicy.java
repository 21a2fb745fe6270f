package io.migpool.contracts.policy;

/** How to choose among nodes. */
public enum NodePolicy {
    /** The node where the plan costs later requests the least room; compares every GPU and start in the cluster. */
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
