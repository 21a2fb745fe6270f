package io.migpool.deviceplugin.instance;

import java.util.Set;

/**
 * The states of an instance.
 *
 * <pre>
 * (nothing) → CREATING ⇄ ACTIVE ⇄ IDLE → DESTROYING → (gone)
 * CREATING → DESTROYING            when its pod is gone before it was finished
 * CREATING → QUARANTINED           when its pod is gone while its GPU is missing or cannot be read
 * ACTIVE → QUARANTINED             when its pod is gone and processes are left; then IDLE or DESTROYING
 * DESTROYING → QUARANTINED         when a process is seen in it after all
 * DESTROYING → STUCK → DESTROYING  when the driver refuses, and when it is tried again
 * FOREIGN → (gone), or ACTIVE when a living pod's annotations prove that it is ours
 * </pre>
 *
 * <p>An instance is gone as soon as the driver no longer lists it, except one whose creation timed out and may still
 * complete.
 */
public enum InstanceState {
    /** Meant for a pod; nothing of it, or only the GPU instance, exists. */
    CREATING,
    /** A pod has it. */
    ACTIVE,
    /** No pod has it and no process runs in it; the next pod may reuse it as it is. */
    IDLE,
    /** Being destroyed. */
    DESTROYING,
    /** The driver refuses to destroy it although no process is seen in it. */
    STUCK,
    /** Its pod is gone, but processes remain in it. */
    QUARANTINED,
    /** Not created by the pool: counted as occupied, never touched. */
    FOREIGN;

    /** Returns whether this transition is legal. */
    boolean mayBecome(InstanceState next) {
        return successors().contains(next);
    }

    private Set<InstanceState> successors() {
        return switch (this) {
            case CREATING -> Set.of(ACTIVE, DESTROYING, QUARANTINED);
            // Back to CREATING: the compute instance of a pod that is to restart was destroyed from outside.
            case ACTIVE -> Set.of(IDLE, QUARANTINED, CREATING);
            case IDLE -> Set.of(ACTIVE, DESTROYING);
            case DESTROYING -> Set.of(STUCK, QUARANTINED);
            case STUCK -> Set.of(DESTROYING);
            case QUARANTINED -> Set.of(IDLE, DESTROYING);
            case FOREIGN -> Set.of(ACTIVE);
        };
    }

    /** Returns whether containers may run in it, so that its GPU cannot be given up. */
    boolean mayHaveContainers() {
        return switch (this) {
            case CREATING, ACTIVE, QUARANTINED -> true;
            case IDLE, DESTROYING, STUCK, FOREIGN -> false;
        };
    }

    /** Returns whether it may be destroyed to make room for a pod. */
    boolean isDisposable() {
        return switch (this) {
            case IDLE, DESTROYING, STUCK -> true;
            case CREATING, ACTIVE, QUARANTINED, FOREIGN -> false;
        };
    }

    /** Returns whether it occupies units without a reservation. */
    public boolean blocks() {
        return this == FOREIGN || this == STUCK || this == QUARANTINED;
    }
}
