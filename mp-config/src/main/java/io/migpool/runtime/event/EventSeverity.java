package io.migpool.runtime.event;

/** The two types of Events. */
public enum EventSeverity {
    /** For information. */
    NORMAL("Normal"),
    /** Somebody may have to act. */
    WARNING("Warning");

    private final String type;

    EventSeverity(String type) {
        this.type = type;
    }

    /** Returns the type as Kubernetes spells it. */
    String type() {
        return type;
    }
}
