package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Finds places for a number of instances on one board: an exact search over unit masks. Instances of one profile are
 * placed from left to right, so that permutations are not tried; boards have at most a dozen units, so the search is
 * short.
 */
final class Packing {

    private final List<ProfileCapability> items;
    private final ToIntFunction<LaidInstance> worth;
    private final Deque<LaidInstance> placed = new ArrayDeque<>();
    private int bestWorth = -1;
    private List<LaidInstance> best = List.of();

    private Packing(List<ProfileCapability> items, ToIntFunction<LaidInstance> worth) {
        this.items = items;
        this.worth = worth;
    }

    /**
     * Returns the places with the highest total value; among equals the leftmost, large instances first.
     *
     * @param offered the profiles that the board offers, including each requested one
     * @param counts number of instances of each profile
     * @param worth value of an instance at a place, 0 or more
     * @return empty if they do not fit
     */
    static Optional<List<LaidInstance>> of(
            List<ProfileCapability> offered, Map<MigProfile, Integer> counts, ToIntFunction<LaidInstance> worth) {
        List<ProfileCapability> items = new ArrayList<>();
        List<ProfileCapability> largestFirst = offered.stream()
                .filter(capability -> counts.containsKey(capability.profile()))
                .sorted(Comparator.comparingInt(ProfileCapability::size)
                        .reversed()
                        .thenComparing(ProfileCapability::profile, Comparator.reverseOrder()))
                .toList();
        for (ProfileCapability capability : largestFirst) {
            int count = counts.getOrDefault(capability.profile(), 0);
            if (count > capability.maxInstances()) {
                return Optional.empty();
            }
            for (int i = 0; i < count; i++) {
                items.add(capability);
            }
        }
        Packing search = new Packing(items, worth);
        search.from(0, -1, UnitMask.EMPTY, 0);
        return search.bestWorth < 0 ? Optional.empty() : Optional.of(search.best);
    }

    private void from(int item, int after, UnitMask taken, int sum) {
        if (item == items.size()) {
            if (sum > bestWorth) {
                bestWorth = sum;
                best = List.copyOf(placed);
            }
            return;
        }
        ProfileCapability capability = items.get(item);
        for (Placement placement : capability.placements()) {
            if (placement.start() > after && !taken.overlaps(placement.mask())) {
                LaidInstance piece = LaidInstance.of(capability.profile(), placement);
                boolean sameFollows =
                        item + 1 < items.size() && items.get(item + 1).equals(capability);
                placed.addLast(piece);
                from(
                        item + 1,
                        sameFollows ? placement.start() : -1,
                        taken.union(placement.mask()),
                        sum + worth.applyAsInt(piece));
                placed.removeLast();
            }
        }
    }
}
