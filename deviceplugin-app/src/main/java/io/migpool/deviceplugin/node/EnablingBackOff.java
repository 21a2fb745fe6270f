package io.migpool.deviceplugin.node;

import io.migpool.runtime.time.BackOff;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The back-off for a GPU on which MIG mode could not be switched on: 5 s after the first attempt, twice as long after
 * each further one, at most 5 min. Each attempt takes the driver seconds, and on some boards unbinds the GPU for a
 * moment. Used from one thread.
 */
final class EnablingBackOff {

    private static final BackOff PAUSES = new BackOff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    private final InstantSource clock;
    private final Map<String, Try> tries = new HashMap<>();

    private record Try(Instant next, Duration pause, GpuStanding outcome) {}

    EnablingBackOff(InstantSource clock) {
        this.clock = clock;
    }

    /** Returns the standing of the GPU since the last attempt, while it is too early for the next. */
    Optional<GpuStanding> lately(String gpuUuid) {
        return Optional.ofNullable(tries.get(gpuUuid))
                .filter(last -> clock.instant().isBefore(last.next()))
                .map(Try::outcome);
    }

    /** Records an attempt that left the GPU with that standing, which is returned. */
    GpuStanding failed(GpuStanding outcome) {
        Try before = tries.get(outcome.gpu().uuid());
        Duration pause = before == null ? PAUSES.first() : PAUSES.after(before.pause());
        tries.put(outcome.gpu().uuid(), new Try(clock.instant().plus(pause), pause, outcome));
        return outcome;
    }

    /** Records that MIG mode is on, or not wanted any more. */
    void done(String gpuUuid) {
        tries.remove(gpuUuid);
    }
}
