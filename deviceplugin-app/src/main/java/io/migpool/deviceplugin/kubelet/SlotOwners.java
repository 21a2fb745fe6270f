package io.migpool.deviceplugin.kubelet;

import io.migpool.runtime.time.BackOff;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Finds out which pod has some slots: from kubelet's checkpoint first, repeatedly because it may lag, and from
 * PodResources if the checkpoint does not have it.
 */
public final class SlotOwners {

    private static final int READS_BEFORE_SECOND_SOURCE = 3;
    private static final BackOff PAUSES = new BackOff(Duration.ofMillis(10), Duration.ofMillis(250));

    private final SlotSource checkpoint;
    private final SlotSource podResources;
    private final InstantSource clock;

    public SlotOwners(SlotSource checkpoint, SlotSource podResources, InstantSource clock) {
        this.checkpoint = checkpoint;
        this.podResources = podResources;
        this.clock = clock;
    }

    /**
     * Returns the pod that has a container with exactly these slots.
     *
     * @param slots device ids of the container that is about to start
     * @param limit how long to search
     * @param plausible whether the pod found can be the right one; a lagging checkpoint may still name the slots'
     *     previous owner
     * @throws PreparationException if no source names a plausible pod in time
     */
    public PodSlots find(NavigableSet<String> slots, Duration limit, Predicate<PodSlots> plausible)
            throws PreparationException {
        Instant deadline = clock.instant().plus(limit);
        Duration pause = PAUSES.first();
        for (int read = 1; ; read++) {
            List<String> problems = new ArrayList<>();
            Optional<PodSlots> owner = owner(checkpoint, slots, plausible, problems);
            if (owner.isEmpty() && read >= READS_BEFORE_SECOND_SOURCE) {
                owner = owner(podResources, slots, plausible, problems);
            }
            if (owner.isPresent()) {
                return owner.get();
            }
            if (!clock.instant().isBefore(deadline)) {
                throw new PreparationException(
                        StartFailure.UNKNOWN_SLOTS,
                        "kubelet starts a container with slots %s but does not report its pod (%s); the start is retried, see kubelet's log if that does not help"
                                .formatted(
                                        slots,
                                        problems.isEmpty() ? "no source lists them" : String.join("; ", problems)));
            }
            pause(pause);
            pause = PAUSES.after(pause);
        }
    }

    private static void pause(Duration pause) throws PreparationException {
        try {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        } catch (InterruptedException e) {
            throw stopping(e);
        }
    }

    private static PreparationException stopping(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new PreparationException(StartFailure.STOPPING, "the node agent is stopping; the start is retried", e);
    }

    /** A source that cannot be read names no one, and keeps no other from being asked. */
    private static Optional<PodSlots> owner(
            SlotSource source, NavigableSet<String> slots, Predicate<PodSlots> plausible, List<String> problems)
            throws PreparationException {
        try {
            List<PodSlots> owners = source.pods().stream()
                    .filter(pod -> !pod.holdersOf(slots).isEmpty())
                    .filter(plausible)
                    .toList();
            return owners.size() == 1 ? Optional.of(owners.getFirst()) : Optional.empty();
        } catch (IOException e) {
            problems.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        } catch (InterruptedException e) {
            throw stopping(e);
        }
    }
}
