package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
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
        this.counts = new int[board.profiles().size()];
    }

    @Override
    public Optional<Seat> place(RequestedProfile profile) {
        counts[profile.index()]++;
        if (fits()) {
            return Optional.of(SOMEWHERE);
        }
        counts[profile.index()]--;
        return Optional.empty();
    }

    private int count(RequestedProfile profile) {
        return counts[profile.index()];
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
        RequestedProfile smaller = null;
        for (RequestedProfile profile : board.profiles().reversed()) {
            int perSlice = smaller == null ? 1 : profile.size() / smaller.size();
            larger = count(profile) + Math.ceilDiv(larger, perSlice);
            smaller = profile;
        }
        return larger <= gpus;
    }

    private boolean fitsHalves() {
        int cut = gpus - count(RequestedProfile.G7);
        int threesOnTheLeft = Math.max(0, count(RequestedProfile.G3) - cut);
        int left = cut - count(RequestedProfile.G4) - threesOnTheLeft;
        int right = cut - (count(RequestedProfile.G3) - threesOnTheLeft);
        if (cut < 0 || left < 0 || right < 0) {
            return false;
        }
        int inLastPairs = Math.min(count(RequestedProfile.G1_BIG), right);
        int pairs = 2 * left + right - count(RequestedProfile.G2) - (count(RequestedProfile.G1_BIG) - inLastPairs);
        return pairs >= 0 && 2 * pairs + right - inLastPairs >= count(RequestedProfile.G1);
    }

    @Override
    public void leave(RequestedProfile profile, Seat seat) {
        counts[profile.index()]--;
    }

    @Override
    public OptionalDouble strandedUnits(Workload workload) {
        return OptionalDouble.empty();
    }
}
