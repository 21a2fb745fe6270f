package io.migpool.deviceplugin.instance;

import java.util.List;

/**
 * What the agent has to remember across its own restarts: which instances are its own, and what the pods here hold.
 *
 * @param bootId the boot of the machine that the instances belong to
 * @param instances every instance except foreign ones
 * @param claims every pod that holds something here
 */
record Ownership(String bootId, List<MigInstance> instances, List<PodClaim> claims) {
    Ownership {
        instances = List.copyOf(instances);
        claims = List.copyOf(claims);
    }

    /** Nothing owned. */
    static Ownership none(String bootId) {
        return new Ownership(bootId, List.of(), List.of());
    }
}
