package io.migpool.deviceplugin.instance;

import java.util.List;

/**
 * What the agent has to remember across restarts: which instances are its own, and the pods' claims.
 *
 * @param bootId the boot of the machine to which the instances belong
 * @param instances every instance except foreign ones
 * @param claims the claims of all pods
 * @param leaving the claims of pods with shares that are gone while their containers may still run
 */
record Ownership(String bootId, List<MigInstance> instances, List<PodClaim> claims, List<LeavingClaim> leaving) {
    Ownership {
        instances = List.copyOf(instances);
        claims = List.copyOf(claims);
        leaving = List.copyOf(leaving);
    }

    /** Returns whether nothing is remembered but the boot. */
    boolean isEmpty() {
        return instances.isEmpty() && claims.isEmpty() && leaving.isEmpty();
    }

    /** Returns an empty ownership. */
    static Ownership none(String bootId) {
        return new Ownership(bootId, List.of(), List.of(), List.of());
    }
}
