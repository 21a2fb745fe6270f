package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.instance.InstancePool;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The filtered GPUs, which the pool gives up after a while: what it kept idle there is lost to it, so a slip that is
 * corrected soon must not count. Used by the deciding thread.
 */
final class FilteredGpus {

    private static final Duration FOR_GOOD = Duration.ofMinutes(1);

    private final InstancePool pool;
    private final InstantSource clock;
    private final Map<String, Instant> since = new HashMap<>();
    /** Those that the pool was asked to give up; it may do so late. */
    private final Set<String> asked = new HashSet<>();

    private final Set<String> givenUp = new HashSet<>();

    FilteredGpus(InstancePool pool, InstantSource clock) {
        this.pool = pool;
        this.clock = clock;
    }

    /** Takes over which GPUs are filtered now. */
    void are(Collection<String> gpuUuids) {
        since.keySet().retainAll(gpuUuids);
        gpuUuids.forEach(uuid -> since.putIfAbsent(uuid, clock.instant()));
    }

    /** Returns whether the pool is to give the GPU up, once no pod has anything there. */
    boolean isDue(String gpuUuid) {
        Instant begun = since.get(gpuUuid);
        return begun != null && !givenUp.contains(gpuUuid) && !clock.instant().isBefore(begun.plus(FOR_GOOD));
    }

    /** Has the pool leave the GPU alone; the next decision tries again if it cannot yet. */
    void giveUp(String gpuUuid) {
        asked.add(gpuUuid);
        if (pool.handOver(gpuUuid)) {
            givenUp.add(gpuUuid);
        }
    }

    /** Returns whether the pool may have given the GPU up. */
    boolean mayBeGivenUp(String gpuUuid) {
        return asked.contains(gpuUuid);
    }

    /** The GPU is the pool's or the label's. */
    void forget(String gpuUuid) {
        asked.remove(gpuUuid);
        givenUp.remove(gpuUuid);
    }
}
