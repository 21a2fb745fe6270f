package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import java.util.List;

/**
 * How often the profiles of a board are requested: the four mixes of the MIG scheduling literature for GPUs with eight
 * units, and the closest equivalents on boards with fewer profiles.
 *
 * @param label its name in tables
 * @param shares shares of the board's profiles, in order; they add up to 1
 */
record Mix(String label, Board board, List<Double> shares) implements Workload {

    static final Mix UNIFORM =
            new Mix("uniform", Board.A100, List.of(1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0));
    static final Mix SKEW_SMALL = new Mix("skew-small", Board.A100, List.of(.05, .10, .10, .20, .25, .30));
    static final Mix SKEW_BIG = new Mix("skew-big", Board.A100, List.of(.30, .25, .20, .10, .10, .05));
    static final Mix BIMODAL = new Mix("bimodal", Board.A100, List.of(.30, .15, .05, .05, .15, .30));

    private static final List<Mix> EIGHT_UNITS = List.of(UNIFORM, SKEW_SMALL, SKEW_BIG, BIMODAL);

    Mix {
        shares = List.copyOf(shares);
    }

    /** Returns the four mixes of a board. */
    static List<Mix> all(Board board) {
        return switch (board) {
            case A100 -> EIGHT_UNITS;
            case A30, RTX_PRO ->
                List.of(
                        new Mix("uniform", board, List.of(1 / 3.0, 1 / 3.0, 1 / 3.0)),
                        new Mix("skew-small", board, List.of(.1, .3, .6)),
                        new Mix("skew-big", board, List.of(.6, .3, .1)),
                        new Mix("bimodal", board, List.of(.45, .1, .45)));
        };
    }

    @Override
    public double share(RequestedProfile profile) {
        return shares.get(profile.index());
    }

    @Override
    public Arrivals draw(int gpus, double load, long seed) {
        return Arrivals.draw(this, gpus, load, seed);
    }

    /** Returns the mean units per request. */
    double meanSize() {
        return board.profiles().stream()
                .mapToDouble(profile -> share(profile) * profile.size())
                .sum();
    }

    /** Returns the profile at this point of the cumulative shares, 0 to 1. */
    RequestedProfile at(double point) {
        double sum = 0;
        for (RequestedProfile profile : board.profiles()) {
            sum += share(profile);
            if (point < sum) {
                return profile;
            }
        }
        return board.profiles().getLast();
    }
}
