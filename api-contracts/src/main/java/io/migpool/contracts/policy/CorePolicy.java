package io.migpool.contracts.policy;

/** How the intercepting library limits the compute of software-shared GPUs. */
public enum CorePolicy {
    /** As the library does by itself. */
    DEFAULT("default"),
    /** Always. */
    FORCE("force"),
    /** Never. */
    DISABLE("disable");

    private final String wireName;

    CorePolicy(String wireName) {
        this.wireName = wireName;
    }

    /** Returns the name in settings, and for the library. */
    public String wireName() {
        return wireName;
    }
}
