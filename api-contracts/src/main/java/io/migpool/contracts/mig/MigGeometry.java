package io.migpool.contracts.mig;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A whole-GPU template from {@code knownMigGeometries}: how many instances of each profile may exist side by side.
 *
 * @param counts instances per profile, every count at least 1
 */
public record MigGeometry(SortedMap<MigProfile, Integer> counts) {

    public MigGeometry {
        counts.forEach((profile, count) -> {
            if (count < 1) {
                throw new IllegalArgumentException(
                        "geometry counts %d × %s; a count must be 1 or more".formatted(count, profile));
            }
        });
        counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }

    /** Returns whether these instances stay within this geometry. */
    public boolean covers(Map<MigProfile, Integer> instances) {
        return instances.entrySet().stream().allMatch(e -> e.getValue() <= counts.getOrDefault(e.getKey(), 0));
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
