package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
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
        List<RequestedProfile> profiles = board.profiles();
        cost = new double[1 << board.units()][profiles.size()];
        start = new int[cost.length][profiles.size()];
        for (int taken = 0; taken < cost.length; taken++) {
            for (RequestedProfile profile : profiles) {
                fill(taken, profile, rule);
            }
        }
    }

    private void fill(int taken, RequestedProfile profile, Cost rule) {
        double best = Double.POSITIVE_INFINITY;
        for (int place = 0; place < profile.places(); place++) {
            int window = profile.window(profile.start(place));
            if ((taken & window) == 0) {
                double price = rule.of(taken, taken | window);
                if (price < best - SAME) {
                    best = price;
                    start[taken][profile.index()] = profile.start(place);
                }
            }
        }
        cost[taken][profile.index()] = best;
    }

    @Override
    Optional<Seat> choose(RequestedProfile profile) {
        double best = Double.POSITIVE_INFINITY;
        int chosen = -1;
        for (int gpu = 0; gpu < pool().gpus(); gpu++) {
            double price = cost[pool().taken(gpu)][profile.index()];
            if (price < best - SAME) {
                best = price;
                chosen = gpu;
            }
        }
        return chosen < 0
                ? Optional.empty()
                : Optional.of(new Seat(chosen, start[pool().taken(chosen)][profile.index()]));
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
            for (RequestedProfile profile : board.profiles()) {
                for (int place = 0; place < profile.places(); place++) {
                    boolean counts = profile.size() <= board.units() - Integer.bitCount(taken);
                    boolean blocked = (taken & profile.window(profile.start(place))) != 0;
                    sum += counts && blocked ? profile.size() : 0;
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
            for (RequestedProfile profile : board.profiles()) {
                sum += profile.fits(taken) ? 0 : workload.share(profile) * (board.units() - Integer.bitCount(taken));
            }
            return sum;
        });
    }

    private static CostPacker difference(Board board, int gpus, IntToDoubleFunction measure) {
        return new CostPacker(
                board, gpus, (before, after) -> measure.applyAsDouble(after) - measure.applyAsDouble(before));
    }
}
