package io.migpool.deviceplugin.instance;

import io.migpool.contracts.mig.Placement;
import io.migpool.runtime.time.BackOff;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The back-off for destroying stuck instances: 10 s after the first refusal, twice as long after each further one, at
 * most 10 min, so as not to disturb the holder, for example a monitoring agent. Used on the GPU's thread only.
 */
final class StuckBackOff {

    private static final BackOff PAUSES = new BackOff(Duration.ofSeconds(10), Duration.ofMinutes(10));

    private final Map<Placement, Duration> pauses = new HashMap<>();

    Duration pause(MigInstance instance) {
        return pauses.getOrDefault(instance.slice().placement(), PAUSES.first());
    }

    /**
     * Drops instances that no longer exist, because the next one that is stuck in the same place is a different one.
     */
    void retain(List<MigInstance> present) {
        pauses.keySet()
                .retainAll(present.stream()
                        .map(instance -> instance.slice().placement())
                        .toList());
    }

    /** Records a retry. */
    void tried(MigInstance instance, boolean destroyed) {
        Placement placement = instance.slice().placement();
        if (destroyed) {
            pauses.remove(placement);
            return;
        }
        pauses.put(placement, PAUSES.after(pause(instance)));
    }
}
