package io.migpool.testbed.bench;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What could be accepted if every running instance could be moved for nothing at every arrival: a request is refused only
 * if no arrangement of all instances has room for it.
 *
 * <p>The arrangement can be told from the counts alone. A GPU without 7g has a left and a right half of four units; 4g lies
 * on the left, 3g on either. What a right half can hold a left half can hold too, so 3g goes to the right first. Halves are
 * pairs of units: the last pair of a right half takes one 1g.20gb or a single 1g.10gb, every other pair takes a 2g.20gb, a
 * 1g.20gb or two 1g.10gb; so 1g.20gb goes to the last pairs first.
 */
final class MigrationBound implements Packer {

    private static final Seat SOMEWHERE = new Seat(0, 0);

    private final int gpus;
    private final int[] counts = new int[Slice.all().size()];

    MigrationBound(int gpus) {
        this.gpus = gpus;
    }

    @Override
    public Optional<Seat> place(Slice slice) {
        counts[slice.index()]++;
        if (fits()) {
            return Optional.of(SOMEWHERE);
        }
        counts[slice.index()]--;
        return Optional.empty();
    }

    private int count(Slice slice) {
        return counts[slice.index()];
    }

    private boolean fits() {
        int cut = gpus - count(Slice.G7);
        int threesOnTheLeft = Math.max(0, count(Slice.G3) - cut);
        int left = cut - count(Slice.G4) - threesOnTheLeft;
        int right = cut - (count(Slice.G3) - threesOnTheLeft);
        if (cut < 0 || left < 0 || right < 0) {
            return false;
        }
        int inLastPairs = Math.min(count(Slice.G1_BIG), right);
        int pairs = 2 * left + right - count(Slice.G2) - (count(Slice.G1_BIG) - inLastPairs);
        return pairs >= 0 && 2 * pairs + right - inLastPairs >= count(Slice.G1);
    }

    @Override
    public void leave(Slice slice, Seat seat) {
        counts[slice.index()]--;
    }

    @Override
    public OptionalDouble strandedUnits(Workload workload) {
        return OptionalDouble.empty();
    }
}
