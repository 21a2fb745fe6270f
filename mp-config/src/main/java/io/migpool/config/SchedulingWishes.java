package io.migpool.config;

import io.migpool.contracts.policy.PolicyChoice;
import java.time.Duration;
import java.util.Optional;

/**
 * What {@code device-config.yaml} says about scheduling; where it is silent, the extender's own settings hold.
 *
 * @param policies how to choose among nodes and GPUs where neither pod nor Namespace says; what cannot be understood is refused
 *     and never stands here
 * @param holdTime after which another pod that needs the room of a promise may take it; empty if nothing is said
 */
public record SchedulingWishes(PolicyChoice policies, Optional<Duration> holdTime) {

    /** Pods that were given up for the time being must not keep room for much longer than a scheduler needs. */
    public static final Duration LONGEST_HOLD = Duration.ofHours(1);

    /** Nothing is said. */
    public static final SchedulingWishes NONE = new SchedulingWishes(PolicyChoice.NONE, Optional.empty());
}
