package io.migpool.config;

import io.migpool.contracts.policy.PolicyChoice;
import java.time.Duration;
import java.util.Optional;

/**
 * Scheduling settings from {@code device-config.yaml}; the extender's own settings apply where it sets none.
 *
 * @param policies how to choose among nodes and GPUs if neither the pod nor its Namespace says; never contains values
 *     that were not understood, because those are rejected
 * @param holdTime time after which another pod may take the room of a hold; empty if not set
 */
public record SchedulingWishes(PolicyChoice policies, Optional<Duration> holdTime) {

    /** A pod that the scheduler has set aside must not keep room for much longer than scheduling takes. */
    public static final Duration LONGEST_HOLD = Duration.ofHours(1);

    /** Nothing is set. */
    public static final SchedulingWishes NONE = new SchedulingWishes(PolicyChoice.NONE, Optional.empty());
}
