package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import io.migpool.extender.pool.BoardState;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.RoomTable;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The worth of what is still free on a board, for the requests of one moment, and what an instance takes of it at each
 * place. Computed on first use, then looked up.
 *
 * <pre>
 * worth(state) = Σ over kinds of instances: popularity^(2/3) · (eighths of the GPU)² · expected room
 * </pre>
 *
 * <p>Room for one large instance counts for more than the same units as room for small ones: it is destroyed by any of
 * them and comes back only when all have left. Popularity is damped because the small share of a large kind is known worst
 * and lost first. The exponents and the look-ahead of the room were chosen by simulation, on the four mixes
 * of the packing benchmark and on random ones; results change little in their neighbourhood.
 */
public final class BoardScores {

    private static final double POPULARITY_EXPONENT = 2.0 / 3;
    private static final double EIGHTHS = 8;

    /** Granularity of worth, so that equal sums compare as equal whatever the order of additions. */
    private static final double STEPS_PER_UNIT = 1e6;

    private static final int MOST_STATES = 16_384;
    private static final long NOT_FREE = Long.MAX_VALUE;

    private final MigBoard board;
    private final RoomTable room;
    private final double[] weights;
    private final Map<BoardState, Long> worth = new ConcurrentHashMap<>();

    /** By state, then by size and start of the instance: one look-up for every option of every decision. */
    private final Map<BoardState, Costs> costs = new ConcurrentHashMap<>();

    /**
     * @param room its room, by its kinds of instances
     * @param requests what is asked for
     */
    BoardScores(MigBoard board, RoomTable room, ObservedRequests requests) {
        this.board = board;
        this.room = room;
        double[] popularity = requests.popularity(board);
        var kinds = board.shape().kinds();
        this.weights = new double[kinds.size()];
        for (int kind = 0; kind < weights.length; kind++) {
            double of = 0;
            for (int profile = 0; profile < popularity.length; profile++) {
                boolean same = board.profile(profile)
                        .placements()
                        .equals(kinds.get(kind).placements());
                of += same ? popularity[profile] : 0;
            }
            double eighths = EIGHTHS * kinds.get(kind).size() / board.units();
            weights[kind] = Math.pow(of, POPULARITY_EXPONENT) * eighths * eighths;
        }
    }

    /** Returns the worth of what is free, in millionths; more is better. */
    public long worth(BoardState state) {
        Long known = worth.get(state);
        if (known != null) {
            return known;
        }
        double[] expected = room.expectedRoom(state);
        double sum = 0;
        for (int kind = 0; kind < weights.length; kind++) {
            sum += weights[kind] * expected[kind];
        }
        long rounded = Math.round(sum * STEPS_PER_UNIT);
        if (worth.size() >= MOST_STATES) {
            worth.clear();
        }
        worth.put(state, rounded);
        return rounded;
    }

    /**
     * Returns what an instance takes from later requests, in millionths.
     *
     * @param state what is taken without it
     * @param placement a legal placement of this board that is free
     */
    public long cost(BoardState state, Placement placement) {
        return costs(state).of(placement);
    }

    private static final class Costs implements PlacementCosts {

        private final int units;
        private final long[] bySizeAndStart;

        Costs(int units, long[] bySizeAndStart) {
            this.units = units;
            this.bySizeAndStart = bySizeAndStart;
        }

        static int index(int units, Placement placement) {
            return (placement.size() - 1) * units + placement.start();
        }

        @Override
        public long of(Placement placement) {
            return bySizeAndStart[index(units, placement)];
        }
    }

    /** Returns what instances take from later requests in that state, in millionths. */
    PlacementCosts costs(BoardState state) {
        Costs known = costs.get(state);
        return known == null ? workOut(state) : known;
    }

    private Costs workOut(BoardState state) {
        long[] row = new long[board.units() * board.units()];
        Arrays.fill(row, NOT_FREE);
        for (int profile = 0; profile < board.size(); profile++) {
            for (Placement placement : board.profile(profile).placements()) {
                if (!placement.mask().overlaps(state.taken())) {
                    row[Costs.index(board.units(), placement)] = worth(state) - worth(state.plus(placement));
                }
            }
        }
        if (costs.size() >= MOST_STATES) {
            costs.clear();
        }
        Costs worked = new Costs(board.units(), row);
        costs.put(state, worked);
        return worked;
    }
}
