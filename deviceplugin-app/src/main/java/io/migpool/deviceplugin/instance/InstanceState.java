package io.migpool.deviceplugin.instance;

import java.util.Set;

/**
 * Where an instance stands in its life.
 *
 * <pre>
 * (nothing) → CREATING ⇄ ACTIVE ⇄ IDLE → DESTROYING → (gone)
 * CREATING → DESTROYING            when its pod is gone before it was finished
 * ACTIVE → QUARANTINED             when its pod is gone and processes are left; then IDLE or DESTROYING
 * DESTROYING → QUARANTINED         when a process is seen in it after all
 * DESTROYING → STUCK → DESTROYING  when the driver refuses, and when it is tried again
 * FOREIGN → (gone), or ACTIVE when a living pod's annotations prove that it is ours
 * </pre>
 *
 * <p>Any of them is gone at once when the driver does not list it any more, except one whose creation timed out and which may
 * still come.
 */
public enum InstanceState {
    /** Meant for a pod; nothing of it, or only the GPU instance, exists. */
    CREATING,
    /** A pod has it. */
    ACTIVE,
    /** Nobody has it and no process runs in it; the next pod may take it as it is. */
    IDLE,
    /** On its way out. */
    DESTROYING,
    /** The driver does not destroy it though no process is seen in it. */
    STUCK,
    /** Its pod is gone, but processes remain in it. */
    QUARANTINED,
    /** Made by somebody else: counted as occupied, never touched. */
    FOREIGN;

    /** Whether this step is legal. */
    boolean mayBecome(InstanceState next) {
        return successors().contains(next);
    }

    private Set<InstanceState> successors() {
        return switch (this) {
            case CREATING -> Set.of(ACTIVE, DESTROYING);
            // Back to CREATING: somebody destroyed the compute instance of a pod that is to start again.
            case ACTIVE -> Set.of(IDLE, QUARANTINED, CREATING);
            case IDLE -> Set.of(ACTIVE, DESTROYING);
            case DESTROYING -> Set.of(STUCK, QUARANTINED);
            case STUCK -> Set.of(DESTROYING);
            case QUARANTINED -> Set.of(IDLE, DESTROYING);
            case FOREIGN -> Set.of(ACTIVE);
        };
    }

    /** Whether its units are taken by something that no reservation tells of. */
    public boolean blocks() {
        return this == FOREIGN || this == STUCK || this == QUARANTINED;
    }
}
