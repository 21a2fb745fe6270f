package io.migpool.deviceplugin.instance;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
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

    /** Returns the foreign instance that has the same profile, place and identity as this one. */
    Optional<MigInstance> foreign(MigInstance named) {
        return at(named.slice().placement())
                .filter(instance -> instance.state() == InstanceState.FOREIGN)
                .filter(instance -> instance.slice().equals(named.slice()))
                .filter(instance -> instance.driverState()
                        .identity()
                        .equals(named.driverState().identity()));
    }

    /** Returns the identity of a slice that the pod has, from the latest snapshot; may be called from any thread. */
    Optional<MigRuntime> activeRuntime(Slice slice, String podUid) {
        return snapshot.stream()
                .filter(instance -> instance.slice().equals(slice)
                        && instance.state() == InstanceState.ACTIVE
                        && instance.belongsTo(podUid))
                .findFirst()
                .flatMap(instance -> instance.driverState().identity());
    }

    /** Returns the identity of each of these slices that is complete, whoever has it. */
    Map<Slice, MigRuntime> runtimes(SortedSet<Slice> slices) {
        Map<Slice, MigRuntime> runtimes = new TreeMap<>();
        for (Slice slice : slices) {
            at(slice.placement())
                    .flatMap(instance -> instance.driverState().identity())
                    .ifPresent(runtime -> runtimes.put(slice, runtime));
        }
        return runtimes;
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
