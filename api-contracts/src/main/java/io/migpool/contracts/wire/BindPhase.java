package io.migpool.contracts.wire;

import java.util.Arrays;
import java.util.Optional;

/** Value of {@link Annotations#BIND_PHASE}. */
public enum BindPhase {
    /** Bound, its devices not handed out yet. */
    ALLOCATING("allocating"),
    /** Its devices are handed out. */
    SUCCESS("success"),
    /** Its devices could not be handed out. */
    FAILED("failed");

    private final String wireName;

    BindPhase(String wireName) {
        this.wireName = wireName;
    }

    /** Returns the spelling used in the annotation. */
    public String wireName() {
        return wireName;
    }

    /** Returns the phase with this spelling, or empty. */
    public static Optional<BindPhase> byWireName(String name) {
        return Arrays.stream(values())
                .filter(phase -> phase.wireName.equals(name))
                .findFirst();
    }
}
