package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * Rules that consider each GPU's free units in isolation: among all GPUs and starts they take the one with the lowest
 * cost, the first of equal ones. Costs are tables over the units taken.
 */
final class CostPacker extends PlacePacker {

    /** The cost of taking more units. */
    interface Cost {
        double of(int before, int after);
    }

    private static final double SAME = 1e-9;

    private final double[][] cost;
    private final int[][] start;

    CostPacker(Board board, int gpus, Cost rule) {
        super(board, gpus);
        List<Slice> slices = board.slices();
        cost = new double[1 << board.units()][slices.size()];
        start = new int[cost.length][slices.size()];
        for (int taken = 0; taken < cost.length; taken++) {
            for (Slice slice : slices) {
                fill(taken, slice, rule);
            }
        }
    }

    private void fill(int taken, Slice slice, Cost rule) {
        double best = Double.POSITIVE_INFINITY;
        for (int place = 0; place < slice.places(); place++) {
            int window = slice.window(slice.start(place));
            if ((taken & window) == 0) {
                double price = rule.of(taken, taken | window);
                if (price < best - SAME) {
                    best = price;
                    start[taken][slice.index()] = slice.start(place);
                }
            }
        }
        cost[taken][slice.index()] = best;
    }

    @Override
    Optional<Seat> choose(Slice slice) {
        double best = Double.POSITIVE_INFINITY;
        int chosen = -1;
        for (int gpu = 0; gpu < pool().gpus(); gpu++) {
            double price = cost[pool().taken(gpu)][slice.index()];
            if (price < best - SAME) {
                best = price;
                chosen = gpu;
            }
        }
        return chosen < 0
                ? Optional.empty()
                : Optional.of(new Seat(chosen, start[pool().taken(chosen)][slice.index()]));
    }

    /** Takes the first GPU and start in order, as a scheduler without scores does, for example DRA's. */
    static CostPacker firstFit(Board board, int gpus) {
        return new CostPacker(board, gpus, (before, after) -> 0);
    }

    /**
     * Takes the fullest GPU that has room, and on it the highest start, which keeps the only places of 4g and 7g free
     * longest.
     */
    static CostPacker bestFit(Board board, int gpus) {
        return new CostPacker(
                board,
                gpus,
                (before, after) -> board.units() * (board.units() - Integer.bitCount(before))
                        - Integer.numberOfTrailingZeros(after & ~before));
    }

    /** MFI: smallest growth of the units of blocked places, over profiles that are not larger than the free room. */
    static CostPacker mfi(Board board, int gpus) {
        return difference(board, gpus, taken -> {
            double sum = 0;
            for (Slice slice : board.slices()) {
                for (int place = 0; place < slice.places(); place++) {
                    boolean counts = slice.size() <= board.units() - Integer.bitCount(taken);
                    boolean blocked = (taken & slice.window(slice.start(place))) != 0;
                    sum += counts && blocked ? slice.size() : 0;
                }
            }
            return sum;
        });
    }

    /** FGD on MIG: smallest growth of the free units that the next request cannot use, given the true mix. */
    static CostPacker fgdTold(int gpus, Workload workload) {
        Board board = workload.board();
        return difference(board, gpus, taken -> {
            double sum = 0;
            for (Slice slice : board.slices()) {
                sum += slice.fits(taken) ? 0 : workload.share(slice) * (board.units() - Integer.bitCount(taken));
            }
            return sum;
        });
    }

    private static CostPacker difference(Board board, int gpus, IntToDoubleFunction measure) {
        return new CostPacker(
                board, gpus, (before, after) -> measure.applyAsDouble(after) - measure.applyAsDouble(before));
    }
}
