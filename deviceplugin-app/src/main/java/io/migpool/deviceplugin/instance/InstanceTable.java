package io.migpool.deviceplugin.instance;

import io.migpool.contracts.mig.Placement;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The instances of one GPU as known to the agent, pairwise disjoint. Changed on the GPU's thread only; any thread may
 * read the latest snapshot.
 */
final class InstanceTable {

    private final SortedMap<Placement, MigInstance> byPlacement = new TreeMap<>();
    private final Runnable onChange;
    private volatile List<MigInstance> snapshot = List.of();

    InstanceTable(Runnable onChange) {
        this.onChange = onChange;
    }

    /** Returns all instances by placement at this moment; may be called from any thread. */
    List<MigInstance> snapshot() {
        return snapshot;
    }

    Optional<MigInstance> at(Placement placement) {
        return Optional.ofNullable(byPlacement.get(placement));
    }

    /** Returns every instance that shares a unit with this place, including one exactly there. */
    List<MigInstance> overlapping(Placement placement) {
        return byPlacement.values().stream()
                .filter(instance -> instance.slice().placement().overlaps(placement))
                .toList();
    }

    /**
     * Adds an instance or replaces the one at the same place.
     *
     * @throws IllegalStateException if it shares a unit with another
     */
    void put(MigInstance instance) {
        Placement placement = instance.slice().placement();
        for (MigInstance other : overlapping(placement)) {
            if (!other.slice().placement().equals(placement)) {
                throw new IllegalStateException(instance + " overlaps " + other);
            }
        }
        if (!instance.equals(byPlacement.put(placement, instance))) {
            publish();
        }
    }

    void remove(MigInstance instance) {
        if (byPlacement.remove(instance.slice().placement()) != null) {
            publish();
        }
    }

    private void publish() {
        snapshot = List.copyOf(byPlacement.values());
        onChange.run();
    }
}
