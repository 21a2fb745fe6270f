package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The upper bound: what could be accepted if every running instance could be moved at no cost at every arrival. A
 * request is refused only if no arrangement of all instances has room for it.
 *
 * <p>The counts alone determine whether there is an arrangement. On boards of eight units, a GPU without 7g has a left
 * and a right half of four units; 4g goes on the left, 3g on either. A left half can hold whatever a right half can, so
 * 3g goes to the right first. Halves are pairs of units: the last pair of a right half takes one 1g.20gb or a single
 * 1g.10gb, every other pair takes a 2g.20gb, a 1g.20gb or two 1g.10gb; so 1g.20gb goes to the last pairs first.
 */
final class MigrationBound implements Packer {

    private static final Seat SOMEWHERE = new Seat(0, 0);

    private final Board board;
    private final int gpus;
    private final int[] counts;

    MigrationBound(Board board, int gpus) {
        this.board = board;
        this.gpus = gpus;
        this.counts = new int[board.slices().size()];
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
        return switch (board) {
            case A100 -> fitsHalves();
            case A30, RTX_PRO -> fitsNested();
        };
    }

    /**
     * Decides for boards on which every profile is a multiple of the next smaller one and may start at all multiples of
     * its size: small ones fill up larger ones.
     */
    private boolean fitsNested() {
        int larger = 0;
        Slice smaller = null;
        for (Slice slice : board.slices().reversed()) {
            int perSlice = smaller == null ? 1 : slice.size() / smaller.size();
            larger = count(slice) + Math.ceilDiv(larger, perSlice);
            smaller = slice;
        }
        return larger <= gpus;
    }

    private boolean fitsHalves() {
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
