package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Finds places for GPU instances on one board: an exact search over unit masks. Equal instances are placed from left to
 * right, so that permutations are not tried; boards have at most a dozen units, so the search is short.
 */
final class Packing {

    private static final Comparator<Division> LARGEST_FIRST = Comparator.<Division>comparingInt(
                    division -> division.offered().size())
            .reversed()
            .thenComparing(division -> division.offered().profile(), Comparator.reverseOrder());

    private final ToIntFunction<LaidInstance> worth;
    private final Deque<LaidInstance> placed = new ArrayDeque<>();
    private int bestWorth = -1;
    private List<LaidInstance> best = List.of();

    private Packing(ToIntFunction<LaidInstance> worth) {
        this.worth = worth;
    }

    /**
     * Returns the places with the highest total value; among equals those of the first way, and of that the leftmost,
     * large instances first.
     *
     * @param ways the GPU instances, in one or more ways
     * @param worth value of an instance at a place, 0 or more
     * @return empty if they do not fit in any way
     */
    static Optional<List<LaidInstance>> of(List<List<Division>> ways, ToIntFunction<LaidInstance> worth) {
        Packing search = new Packing(worth);
        for (List<Division> way : ways) {
            search.from(way.stream().sorted(LARGEST_FIRST).toList(), 0, -1, UnitMask.EMPTY, 0);
        }
        return search.bestWorth < 0 ? Optional.empty() : Optional.of(search.best);
    }

    private void from(List<Division> items, int item, int after, UnitMask taken, int sum) {
        if (item == items.size()) {
            if (sum > bestWorth) {
                bestWorth = sum;
                best = List.copyOf(placed);
            }
            return;
        }
        Division division = items.get(item);
        for (Placement placement : division.offered().placements()) {
            if (placement.start() > after && !taken.overlaps(placement.mask())) {
                LaidInstance laid = division.at(placement);
                boolean sameFollows =
                        item + 1 < items.size() && items.get(item + 1).equals(division);
                placed.addLast(laid);
                from(
                        items,
                        item + 1,
                        sameFollows ? placement.start() : -1,
                        taken.union(placement.mask()),
                        sum + worth.applyAsInt(laid));
                placed.removeLast();
            }
        }
    }
}
