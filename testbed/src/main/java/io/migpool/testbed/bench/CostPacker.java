package io.migpool.testbed.bench;

import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * Rules that look at each GPU's free units alone: among all GPUs and starts the one with the least cost, the first of equal
 * ones. Costs are tables over the units taken.
 */
final class CostPacker extends PlacePacker {

    /** What it costs to go from some units taken to more. */
    interface Cost {
        double of(int before, int after);
    }

    private static final int STATES = 1 << Slice.UNITS;
    private static final double SAME = 1e-9;

    private final double[][] cost = new double[STATES][Slice.all().size()];
    private final int[][] start = new int[STATES][Slice.all().size()];

    CostPacker(int gpus, Cost rule) {
        super(gpus);
        for (int taken = 0; taken < STATES; taken++) {
            for (Slice slice : Slice.all()) {
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

    /** The first GPU and start in order: what a scheduler without scores does, DRA's for one. */
    static CostPacker firstFit(int gpus) {
        return new CostPacker(gpus, (before, after) -> 0);
    }

    /** The fullest GPU that has room; on it the highest start, which keeps the only places of 4g and 7g free for longest. */
    static CostPacker bestFit(int gpus) {
        return new CostPacker(
                gpus,
                (before, after) -> Slice.UNITS * (Slice.UNITS - Integer.bitCount(before))
                        - Integer.numberOfTrailingZeros(after & ~before));
    }

    /** MFI: least growth of the units of blocked places, over profiles that are not larger than what is free. */
    static CostPacker mfi(int gpus) {
        return difference(gpus, taken -> {
            double sum = 0;
            for (Slice slice : Slice.all()) {
                for (int place = 0; place < slice.places(); place++) {
                    boolean counts = slice.size() <= Slice.UNITS - Integer.bitCount(taken);
                    boolean blocked = (taken & slice.window(slice.start(place))) != 0;
                    sum += counts && blocked ? slice.size() : 0;
                }
            }
            return sum;
        });
    }

    /** FGD on MIG: least growth of the free units that the next request cannot use, with the true mix known. */
    static CostPacker fgdTold(int gpus, Workload workload) {
        return difference(gpus, taken -> {
            double sum = 0;
            for (Slice slice : Slice.all()) {
                sum += slice.fits(taken) ? 0 : workload.share(slice) * (Slice.UNITS - Integer.bitCount(taken));
            }
            return sum;
        });
    }

    private static CostPacker difference(int gpus, IntToDoubleFunction measure) {
        return new CostPacker(gpus, (before, after) -> measure.applyAsDouble(after) - measure.applyAsDouble(before));
    }
}
